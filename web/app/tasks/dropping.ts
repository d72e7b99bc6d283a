// Dropping: files that are let go of anywhere on a page. Without it, the browser would leave the
// page and open the file.

import { dropped } from '../parts/dropped';

/** Until the function that comes back is called. What an area of the page has taken is not taken
 * twice; pasted files only where pastes is said, as such an area takes them, too. */
export function dropping(taken: (files: File[]) => void, pastes: () => boolean): () => void {
  const over = (event: DragEvent) => event.preventDefault();
  const drop = (event: DragEvent) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (event.dataTransfer !== null) void dropped(event.dataTransfer).then(taken);
  };
  const paste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0 && pastes() && !event.defaultPrevented) taken(files);
  };
  window.addEventListener('dragover', over);
  window.addEventListener('drop', drop);
  window.addEventListener('paste', paste);
  return () => {
    window.removeEventListener('dragover', over);
    window.removeEventListener('drop', drop);
    window.removeEventListener('paste', paste);
  };
}
