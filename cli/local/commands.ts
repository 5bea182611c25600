import * as z from 'zod';
import { type IntercomWebhook, LOCAL_COMMAND_ANNOTATION } from '#operator/api/v1alpha1.ts';

const Commands = z.record(z.string(), z.array(z.string()).min(1));

/**
 * The commands that stand for handler images, by handler name, from the resource's annotation.
 * @throws Error with an example when the annotation is not such a map
 */
export function localCommands(webhook: IntercomWebhook): Readonly<Record<string, readonly string[]>> {
  const text = webhook.metadata.annotations?.[LOCAL_COMMAND_ANNOTATION];
  if (text === undefined) return {};
  const where = `IntercomWebhook/${webhook.metadata.name}: annotation ${LOCAL_COMMAND_ANNOTATION}`;
  try {
    return Commands.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${where} must be a map of argument lists, such as {"support": ["node", "handler.js"]}`, {
      cause: error,
    });
  }
}
