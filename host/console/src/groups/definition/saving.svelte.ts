import { copy, type JsonObject } from '../../api/json';
import { send } from '../../api/client';
import { asProblem } from '../../api/problem';
import type { Resource } from '../../api/resource.svelte';
import { definitionOf, type Group } from '../../api/types';
import type { Draft } from '../../draft/draft.svelte';
import { fromPlain, toPlain } from '../../json/plain';
import type { Json } from '../../json/value';
import { confirm } from '../../ui/confirm.svelte';
import { toasts } from '../../ui/toast.svelte';
import { consequences, type Difference } from './difference';
import type { Form } from './form.svelte';

/** Saves the draft of a group: says before what it breaks, and joins it with what somebody else saved meanwhile. */
export class Saving {
  busy = $state(false);
  /** What both began with, what was written here, and what somebody else has saved. */
  conflict = $state.raw<{ base: Json; mine: Json; theirs: Json; group: Group; etag: string | null } | null>(null);
  #api: string;
  #draft: Draft<JsonObject>;
  #resource: Resource<Group>;
  #form: Form;

  constructor(api: string, draft: Draft<JsonObject>, resource: Resource<Group>, form: Form) {
    this.#api = api;
    this.#draft = draft;
    this.#resource = resource;
    this.#form = form;
  }

  async save(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.#form.problem = null;
    const body = copy(this.#draft.current);
    try {
      const { data: difference } = await send<Difference>('POST', `${this.#api}/diff`, { body });
      const breaks = consequences(difference);
      const narrows = difference.breaks.length > 0 || difference.removed.length > 0;
      if (breaks.length > 0 && !(await confirm({ title: 'Save this change?', breaks, action: 'Save', danger: true }))) return;
      const query = narrows ? { allow_removal: true } : {};
      const { data, etag } = await send<Group>('PUT', this.#api, { body, match: this.#draft.etag, query });
      this.#taken(data, etag);
      toasts.say('The group is saved.');
    } catch (error) {
      const problem = asProblem(error);
      if (problem.stale) await this.#join();
      else this.#form.problem = problem;
    } finally {
      this.busy = false;
    }
  }

  async discard(): Promise<void> {
    const yes = await confirm({ title: 'Discard the changes?', text: ['What you changed since it was saved is lost.'], action: 'Discard', danger: true });
    if (!yes) return;
    this.#form.problem = null;
    this.#form.mistakes = {};
    await this.#resource.again();
    if (this.#resource.value !== null) this.#draft.discard(definitionOf(this.#resource.value), this.#resource.etag);
  }

  /** Goes on from what both sides say together. It is not saved yet. */
  join(joined: Json): void {
    const found = this.conflict;
    if (found === null) return;
    this.#resource.set(found.group, found.etag);
    this.#draft.reset(definitionOf(found.group), found.etag, false);
    this.#draft.current = toPlain(joined) as JsonObject;
    this.#draft.keep();
    this.conflict = null;
  }

  async #join(): Promise<void> {
    try {
      const { data, etag } = await send<Group>('GET', this.#api);
      const [base, mine, theirs] = [this.#draft.base, this.#draft.current, definitionOf(data)].map(fromPlain) as [Json, Json, Json];
      this.conflict = { base, mine, theirs, group: data, etag };
    } catch (error) {
      this.#form.problem = asProblem(error);
    }
  }

  #taken(group: Group, etag: string | null): void {
    this.#resource.set(group, etag);
    this.#draft.reset(definitionOf(group), etag);
  }
}
