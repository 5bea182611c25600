import { activityLogEvent, admin, adminAway, apiRequest } from '../bodies/admin.ts';
import { draftArticle, publishedArticle } from '../bodies/article.ts';
import { connectorExecution, job } from '../bodies/automation.ts';
import { call } from '../bodies/call.ts';
import * as content from '../bodies/content.ts';
import { type ContentKind, contentStat } from '../bodies/content-stat.ts';
import { type CatalogueEntry, once, since } from './entry.ts';

/** Topics about the team, its content and its tools; each is about something new. */
export const workspaceTopics = {
  'admin.added_to_workspace': once('admin', admin),
  'admin.removed_from_workspace': once('admin', admin),
  'admin.away_mode_updated': once('admin', adminAway),
  'admin.logged_in': once('admin', admin),
  'admin.logged_out': once('admin', admin),
  'admin.activity_log_event.created': once('admin_activity_log_event', activityLogEvent),
  'api.request.completed': since('2.15', once('none', apiRequest)),
  'article.created': once('article', draftArticle),
  'article.updated': once('article', publishedArticle),
  'article.published': once('article', publishedArticle),
  'article.unpublished': once('article', draftArticle),
  'article.deleted': once('article', publishedArticle),
  'audience.created': since('Preview', once('audience', content.audience)),
  'audience.updated': since('Preview', once('audience', content.audience)),
  'audience.deleted': since('Preview', once('audience', content.audienceDeleted)),
  'audience.member_added': since('Preview', once('none', content.audienceMembership)),
  'audience.member_removed': since('Preview', once('none', content.audienceMembership)),
  'call.started': once('call', call('started')),
  'call.ended': once('call', call('ended')),
  'call.transcription_available': once('call', call('transcribed')),
  'call.recording_available': once('call', call('recorded')),
  'content_import_source.created': since('Preview', once('content_import_source', content.contentImportSource)),
  'content_import_source.updated': since('Preview', once('content_import_source', content.contentImportSource)),
  'content_import_source.deleted': since('Preview', once('content_import_source', content.contentImportSourceDeleted)),
  'content_snippet.created': once('content_snippet', content.contentSnippet),
  'content_snippet.updated': once('content_snippet', content.contentSnippet),
  'content_snippet.deleted': once('content_snippet', content.contentSnippetDeleted),
  'data_connector.execution.completed': once('data_connector.execution', connectorExecution),
  'job.completed': once('job', job),
} as const satisfies Record<string, CatalogueEntry>;

const stat = (kind: ContentKind): CatalogueEntry => once(`content_stat.${kind}`, contentStat(kind));

export const contentStatTopics = {
  'content_stat.banner': stat('banner'),
  'content_stat.carousel': stat('carousel'),
  'content_stat.chat': stat('chat'),
  'content_stat.checklist': stat('checklist'),
  'content_stat.custom_bot': stat('custom_bot'),
  'content_stat.email': stat('email'),
  'content_stat.news_item': stat('news_item'),
  'content_stat.post': stat('post'),
  'content_stat.push': stat('push'),
  'content_stat.series': stat('series'),
  'content_stat.series.webhook': stat('series.webhook'),
  'content_stat.sms': stat('sms'),
  'content_stat.survey': stat('survey'),
  'content_stat.tooltip_group': stat('tooltip_group'),
  'content_stat.tour': stat('tour'),
} as const satisfies Record<`content_stat.${ContentKind}`, CatalogueEntry>;
