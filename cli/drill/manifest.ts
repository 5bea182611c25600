import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const FILE = new URL('./drill.yaml', import.meta.url);

/** `drill.yaml` with so many workers, in a file of its own. */
export class Manifest {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async write(workers: number): Promise<Manifest> {
    const manifest = new Manifest(await mkdtemp(join(tmpdir(), 'intercom-drill-manifest-')));
    await writeFile(manifest.file, withWorkers(await readFile(FILE, 'utf8'), workers));
    return manifest;
  }

  get file(): string {
    return join(this.#folder, 'drill.yaml');
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

/** Pure. */
function withWorkers(text: string, workers: number): string {
  const documents = parseAllDocuments(text);
  for (const document of documents) {
    if (document.get('kind') === 'IntercomWebhook')
      document.setIn(['spec', 'handlers', 0, 'scaling', 'minReplicas'], workers);
  }
  return documents.map(String).join('---\n');
}
