import { type ApiVersion, apiVersions } from './bodies/api-version.ts';
import { type Topic, topicsOf } from './catalogue.ts';

type Asked = 'all' | readonly [Topic, ...Topic[]];

/**
 * @returns the first topic that an app of this version can't listen to, `null` where there is none. The newest version whose
 * shapes are played stands for later ones.
 */
export function missingTopic(asked: Asked, apiVersion: ApiVersion): Topic | null {
  if (asked === 'all' || apiVersion === apiVersions.at(-1)) return null;
  const existing = topicsOf(apiVersion);
  return asked.find((topic) => !existing.includes(topic)) ?? null;
}

/** What is asked for as a list; `all` are those of the version. */
export function topicList(asked: Asked, apiVersion: ApiVersion): readonly [Topic, ...Topic[]] {
  if (asked !== 'all') return asked;
  const [first, ...others] = topicsOf(apiVersion);
  if (first === undefined) throw new RangeError(`no topics of version ${apiVersion}`);
  return [first, ...others];
}
