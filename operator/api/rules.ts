/**
 * A rule across fields, defined once for both who enforce it: the API server evaluates `rule` (CEL, `self` is the object
 * the rule stands at, defaults filled in), the local mode `holds`. Both must say the same of every object.
 */
export interface Rule<T> {
  readonly rule: string;
  /** What is wrong and what to do. */
  readonly message: string;
  /** The field to blame, below `self`. */
  readonly fieldPath?: string;
  readonly holds: (self: T) => boolean;
}

/** A rule about a change (`oldSelf`); where there is no API server there is no older object to compare with. */
export type Transition = Pick<Rule<never>, 'rule' | 'message' | 'fieldPath'>;

/** The rules as schema metadata, for zod's `.meta()`. */
export function validations(...rules: readonly (Rule<never> | Transition)[]) {
  return {
    'x-kubernetes-validations': rules.map(({ rule, message, fieldPath }) =>
      fieldPath === undefined ? { rule, message } : { rule, message, fieldPath },
    ),
  };
}

/** A fault in a resource: the field, and what to do about it. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The rules that `self`, standing at `path`, breaks. */
export function broken<T>(rules: readonly Rule<T>[], path: string, self: T): Problem[] {
  return rules
    .filter((rule) => !rule.holds(self))
    .map(({ message, fieldPath }) => ({ path: `${path}${fieldPath ?? ''}`, message }));
}
