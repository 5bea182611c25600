import { describe, expect, it } from 'vitest';
import { acceptsJson, isKnownVersion } from '#services/simulator/rest/request-headers.ts';

describe('isKnownVersion', () => {
  it.each(['1.0', '1.4', '2.0', '2.9', '2.14', '2.15', '2.17', 'Preview', 'Unstable'])('knows %s', (version) => {
    expect(isKnownVersion(version)).toBe(true);
  });

  it.each(['', '1.5', '2.18', '2.99', '3.0', '2', '2.014', '2.14 ', 'v2.14', 'preview'])(
    'does not know "%s"',
    (version) => {
      expect(isKnownVersion(version)).toBe(false);
    },
  );
});

describe('acceptsJson', () => {
  it.each(['application/json', '*/*', 'application/*', 'text/html, Application/JSON;q=0.9', 'text/plain,*/*'])(
    'takes %s for JSON',
    (accept) => {
      expect(acceptsJson(accept)).toBe(true);
    },
  );

  it.each(['', 'text/html', 'application/xml', 'application/json-seq', 'text/*'])(
    'does not take "%s" for it',
    (accept) => {
      expect(acceptsJson(accept)).toBe(false);
    },
  );
});
