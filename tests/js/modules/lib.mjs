export const answer = 42;
export let counter = 0;
export function increment() { counter++; }
export default function (name) { return `hello ${name}`; }
export { answer as alias };
