// Svelte in runes only; types are stripped by Svelte itself, so nothing runs before it.
export default { compilerOptions: { runes: true } };
