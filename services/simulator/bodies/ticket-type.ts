import type { Item } from './scene.ts';

const attributes = [
  { name: '_default_title_', dataType: 'string' },
  { name: '_default_description_', dataType: 'string' },
  { name: 'Updates', dataType: 'integer' },
  { name: 'Root cause', dataType: 'string' },
] as const;

const FIRST_ATTRIBUTE_ID = 8514183;

/** An attribute as a part of its change refers to it. */
export const rootCause: Item = { type: 'attribute', id: String(FIRST_ATTRIBUTE_ID + 3), label: 'Root cause' };

/** What kind of ticket it is, with all that a ticket of the kind may say. It makes up most of a ticket's bytes. */
export function ticketType(appId: string, madeAtS: number): Item {
  return {
    type: 'ticket_type',
    id: '2979330',
    name: 'Tickets',
    description: 'Requests that can’t be settled at once.',
    icon: '🎟',
    workspace_id: appId,
    archived: false,
    created_at: madeAtS,
    updated_at: madeAtS,
    is_internal: false,
    ticket_type_attributes: {
      type: 'list',
      data: attributes.map(({ name, dataType }, order) => ({
        type: 'ticket_type_attribute',
        id: String(FIRST_ATTRIBUTE_ID + order),
        workspace_id: appId,
        name,
        description: '',
        data_type: dataType,
        input_options: { multiline: name === '_default_description_' },
        order,
        required_to_create: false,
        required_to_create_for_contacts: false,
        visible_on_create: true,
        visible_to_contacts: true,
        default: name.startsWith('_default_'),
        ticket_type_id: 2979330,
        archived: false,
        created_at: madeAtS,
        updated_at: madeAtS,
      })),
    },
    category: 'Customer',
  };
}
