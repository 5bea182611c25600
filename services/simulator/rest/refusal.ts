/** Why a request to the REST API gets no 2xx. */
export type Refusal =
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'rate-limited'; readonly limit: number }
  | { readonly kind: 'unknown-version' }
  | { readonly kind: 'not-acceptable' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'unknown-contact' }
  | { readonly kind: 'unknown-admin' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'parameter-missing'; readonly parameter: string }
  | { readonly kind: 'parameter-invalid'; readonly parameter: string }
  | { readonly kind: 'no-such-option'; readonly parameter: string }
  | { readonly kind: 'fault'; readonly status: FaultStatus }
  | { readonly kind: 'full' };

/** What a request that nothing was wrong with is answered when Intercom, or a proxy before it, has trouble. */
export type FaultStatus = 500 | 503 | 504;

interface RefusalAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * How Intercom answers: statuses and codes of the error pages of its reference for 2.17, sentences of the examples in its
 * REST description and of errors that people have reported. Not documented, hence chosen: `too-large`, `unreadable` where
 * the content type is the reason, and the sentences of the faults.
 */
export function refusalAnswer(refusal: Refusal): RefusalAnswer {
  switch (refusal.kind) {
    case 'unauthorized':
      return { status: 401, code: 'unauthorized', message: 'Access Token Invalid' };
    case 'rate-limited':
      return {
        status: 429,
        code: 'rate_limit_exceeded',
        message: `Exceeded rate limit of ${refusal.limit} in 10_seconds`,
      };
    case 'unknown-version':
      return { status: 400, code: 'intercom_version_invalid', message: 'The requested version could not be found' };
    case 'not-acceptable':
      return {
        status: 406,
        code: 'media_type_not_acceptable',
        message: 'The Accept header should be application/json',
      };
    case 'not-found':
      return { status: 404, code: 'not_found', message: 'Resource Not Found' };
    case 'unknown-contact':
      return { status: 404, code: 'not_found', message: 'User Not Found' };
    case 'unknown-admin':
      return { status: 404, code: 'admin_not_found', message: 'The admin does not exist' };
    case 'unreadable':
      return { status: 400, code: 'parameter_invalid', message: 'The request body is not valid JSON' };
    case 'too-large':
      return { status: 413, code: 'client_error', message: 'The request body is too large' };
    case 'parameter-missing':
      return { status: 400, code: 'parameter_not_found', message: `${refusal.parameter} is a required parameter` };
    case 'parameter-invalid':
      return { status: 400, code: 'parameter_invalid', message: `${refusal.parameter} is invalid` };
    case 'no-such-option':
      return { status: 400, code: 'parameter_invalid', message: `${titleOf(refusal.parameter)} isn't an option` };
    case 'fault':
      return faultAnswers[refusal.status];
    case 'full':
      return { status: 503, code: 'service_unavailable', message: 'The simulator remembers as many replies as it may' };
  }
}

const faultAnswers: Readonly<Record<FaultStatus, RefusalAnswer>> = {
  500: { status: 500, code: 'server_error', message: 'Server Error' },
  503: { status: 503, code: 'service_unavailable', message: 'Service Unavailable' },
  504: { status: 504, code: 'request_timeout', message: 'Request Timeout' },
};

/** The body of every answer that is an error. */
export function errorList(requestId: string, { code, message }: RefusalAnswer) {
  return { type: 'error.list', request_id: requestId, errors: [{ code, message }] };
}

/** `message_type` → `Message Type`. */
function titleOf(parameter: string): string {
  return parameter
    .split('_')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join(' ');
}
