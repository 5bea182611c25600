/**
 * As the chart gives them to the operator, in `NODE_OPTIONS`: it reads much at its start and little later; with room for young
 * objects it would keep 80 MB for them.
 */
export const OPERATOR_NODE_OPTIONS = ['--max-semi-space-size=4'];
