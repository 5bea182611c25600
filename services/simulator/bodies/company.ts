import { type Item, isoTime, type Scene } from './scene.ts';

/** A company as captures show it: ISO times, where Intercom's reference prints unix seconds. */
export function company({ random, cast, appId, openedAtS, atS }: Scene): Item {
  return {
    type: 'company',
    id: cast.companyId,
    name: random.pick(['Example & Sons', 'Müller GmbH', '株式会社サンプル', '']),
    app_id: appId,
    plan: null,
    company_id: `${cast.companyId}-qualification-company`,
    remote_created_at: null,
    created_at: companyTime(openedAtS),
    updated_at: companyTime(atS),
    last_request_at: null,
    size: random.oneIn(2) ? null : random.int(5000),
    website: null,
    industry: null,
    monthly_spend: random.int(100_000),
    session_count: 0,
    user_count: 1,
    custom_attributes: {},
    tag_ids: [],
  };
}

function companyTime(atS: number): string {
  return isoTime(atS).replace('Z', '+00:00');
}
