import type { ApiVersion } from '../bodies/api-version.ts';
import type { ContentKind } from '../bodies/content-stat.ts';
import type { Build, Cast } from '../bodies/scene.ts';

/** One topic the simulator can play. */
export interface CatalogueEntry {
  readonly subject: Subject;
  readonly standing: Standing;
  /** How often, relative to the others. */
  readonly weight: number;
  readonly build: Build;
  /** The first API version that has the topic; `2.14` stands for earlier ones too. */
  readonly since: Since;
}

/**
 * What a notification is about. Those of one subject are numbered together. Anything but the first four is called as Intercom
 * calls the item's type; `none` is an item without an id, of which each is its own subject.
 */
export type Subject = 'conversation' | 'contact' | 'ticket' | 'company' | 'none' | Thing;

type Thing =
  | 'admin'
  | 'admin_activity_log_event'
  | 'article'
  | 'audience'
  | 'call'
  | 'content_import_source'
  | 'content_snippet'
  | 'data_connector.execution'
  | 'job'
  | `content_stat.${ContentKind}`;

/**
 * `opens`: the first of its subject. `follows`: each later one; its item shows the place in the order. `once`: each has a new
 * subject of its own.
 */
export type Standing = 'opens' | 'follows' | 'once';

/** Versions in the order they came. Of the last two, topics are known and shapes are not. */
const versions = ['2.14', '2.15', '2.16', 'Preview'] as const;

type Since = (typeof versions)[number];

export function existsIn({ since }: CatalogueEntry, apiVersion: ApiVersion): boolean {
  return versions.indexOf(since) <= versions.indexOf(apiVersion);
}

/** Where a cast has the ids; everything else is its `thingId`. */
const idOf: Partial<Record<Subject, `${string}Id` & keyof Cast>> = {
  conversation: 'conversationId',
  contact: 'contactId',
  ticket: 'ticketId',
  company: 'companyId',
};

/**
 * The subject as `<type>/<id>`, e.g. `conversation/1234`.
 * @param notificationId for items that have no id
 */
export function subjectKey(subject: Subject, cast: Cast, notificationId: string): string {
  return subject === 'none' ? `notification/${notificationId}` : `${subject}/${cast[idOf[subject] ?? 'thingId']}`;
}

/** An entry of the subject that starts the subject's life. */
export function opens(subject: Subject, build: Build, weight = 1): CatalogueEntry {
  return { subject, standing: 'opens', weight, build, since: '2.14' };
}

export function follows(subject: Subject, build: Build, weight = 1): CatalogueEntry {
  return { subject, standing: 'follows', weight, build, since: '2.14' };
}

export function once(subject: Subject, build: Build): CatalogueEntry {
  return { subject, standing: 'once', weight: 1, build, since: '2.14' };
}

export function since(version: Since, entry: CatalogueEntry): CatalogueEntry {
  return { ...entry, since: version };
}
