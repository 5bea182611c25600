/** The API versions whose shapes are played. An app is set to one in the Developer Hub, and its notifications follow it. */
export const apiVersions = ['2.14', '2.15'] as const;

export type ApiVersion = (typeof apiVersions)[number];
