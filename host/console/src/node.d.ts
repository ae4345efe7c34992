// What tests use of Node.js; the app itself runs in browsers alone.
declare module 'node:child_process' {
  interface Options {
    encoding: 'utf8';
    env: Record<string, string>;
  }
  export function spawnSync(program: string, words: string[], options: Options): { stdout: string; status: number | null };
}
