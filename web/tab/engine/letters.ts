export function drawLetters(): null { return null; }
