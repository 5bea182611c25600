import { attachedContact } from './contact.ts';
import { deleted } from './deletion.ts';
import type { Item, Scene } from './scene.ts';
import { offsetTime } from './time.ts';

/** A company as captures show it: ISO times, where Intercom's reference prints unix seconds. */
export function company(scene: Scene): Item {
  const { random } = scene;
  return {
    ...core(scene),
    plan: null,
    size: random.oneIn(2) ? null : random.int(5000),
    website: null,
    industry: null,
  };
}

/** A contact joins or leaves a company. The item has no `type`, and the company fewer fields than elsewhere. */
export function companyAndContact(scene: Scene): Item {
  return { company: { ...core(scene), plan_id: null }, contact: attachedContact(scene) };
}

export function companyDeleted({ cast }: Scene): Item {
  return deleted('company', cast.companyId);
}

function core({ random, cast, appId, openedAtS, atS }: Scene): Item {
  return {
    type: 'company',
    id: cast.companyId,
    name: random.pick(['Example & Sons', 'Müller GmbH', '株式会社サンプル', '']),
    app_id: appId,
    company_id: `${cast.companyId}-qualification-company`,
    remote_created_at: null,
    created_at: offsetTime(openedAtS),
    updated_at: offsetTime(atS),
    last_request_at: null,
    monthly_spend: random.int(100_000),
    session_count: 0,
    user_count: 1,
    custom_attributes: {},
    tag_ids: [],
  };
}
