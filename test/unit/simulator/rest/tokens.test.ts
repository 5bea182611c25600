import { describe, expect, it } from 'vitest';
import { createTokens } from '#services/simulator/rest/tokens.ts';

function tokensOf(...granted: readonly [string, string][]) {
  const tokens = createTokens();
  for (const [appId, accessToken] of granted) tokens.grant(appId, accessToken);
  return tokens;
}

describe('tokens', () => {
  it('tell the app that a bearer speaks for', () => {
    const tokens = tokensOf(['abc12345', 'dG9rOmE='], ['xyz98765', 'dG9rOmI=']);
    expect(tokens.appOf('Bearer dG9rOmE=')).toBe('abc12345');
    expect(tokens.appOf('bearer dG9rOmI=')).toBe('xyz98765');
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Bearer other', 'Basic dG9rOmE=', 'dG9rOmE=', 'Bearer dG9rOmE= more'])(
    'speak for nobody: %s',
    (authorization) => {
      expect(tokensOf(['abc12345', 'dG9rOmE=']).appOf(authorization)).toBeNull();
    },
  );

  it('replace the earlier one of the same app', () => {
    const tokens = tokensOf(['abc12345', 'first'], ['abc12345', 'second']);
    expect(tokens.appOf('Bearer first')).toBeNull();
    expect(tokens.appOf('Bearer second')).toBe('abc12345');
  });

  it('speak for the last app they were given', () => {
    expect(tokensOf(['simulat0r', 'same'], ['abc12345', 'same']).appOf('Bearer same')).toBe('abc12345');
    expect(tokensOf(['abc12345', 'same'], ['simulat0r', 'same']).appOf('Bearer same')).toBe('simulat0r');
  });

  it('forget the app that came first when there are too many', () => {
    const tokens = tokensOf(...Array.from({ length: 101 }, (_, at): [string, string] => [`app${at}`, `token${at}`]));
    expect(tokens.appOf('Bearer token0')).toBeNull();
    expect(tokens.appOf('Bearer token1')).toBe('app1');
    expect(tokens.appOf('Bearer token100')).toBe('app100');
  });
});
