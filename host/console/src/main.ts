import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import { mount } from 'svelte';
import App from './app/App.svelte';
import { applyTheme } from './app/theme.svelte';

applyTheme();
const target = document.getElementById('app');
if (target !== null) mount(App, { target });
