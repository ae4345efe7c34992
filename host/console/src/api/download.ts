import { getFile } from './client';

/** Reads a file of the host and gives it to the browser to keep, under the host's name for it. Throws a `Problem`. */
export async function download(path: string, otherwise: string): Promise<void> {
  const file = await getFile(path, otherwise);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
