import { ADMIN } from './people.ts';
import type { Build, Item } from './scene.ts';

const DURATION_S = 95;

/** A call by Intercom Phone. No capture is public; shaped as in the REST description, times in unix seconds. */
export const call =
  (moment: 'started' | 'ended' | 'transcribed' | 'recorded'): Build =>
  ({ cast, openedAtS, atS }) => {
    const url = `https://api.intercom.io/calls/${cast.thingId}`;
    return {
      type: 'call',
      id: cast.thingId,
      conversation_id: cast.conversationId,
      admin_id: ADMIN.id,
      contact_id: cast.contactId,
      initiated_at: openedAtS,
      answered_at: openedAtS,
      ...(moment === 'started' ? underWay : over(openedAtS)),
      created_at: openedAtS,
      updated_at: atS,
      recording_url: moment === 'recorded' ? `${url}/recording` : null,
      transcription_url: moment === 'transcribed' ? `${url}/transcript` : null,
      call_type: 'phone',
      direction: 'outbound',
      phone: '+353 1 555 0100',
    };
  };

const underWay: Item = { state: 'in_progress', ended_at: null, ended_reason: null, duration: null };

function over(answeredAtS: number): Item {
  return {
    state: 'completed',
    ended_at: answeredAtS + DURATION_S,
    ended_reason: 'completed',
    duration: DURATION_S,
  };
}
