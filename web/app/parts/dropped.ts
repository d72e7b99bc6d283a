/** Dropped: the files of a drop on a page, and no more of them than are taken. */
import { MAX_FILES } from '../../core/messages';
import { filesOf, isWanted } from '../../core/taking';

/** The window hears it where there were more than are taken: whoever shows the page says so. */
export const TOO_MANY = 'safelight-too-many';

/** Every file of a drop, folders walked; hidden ones and the droppings of systems are left out. */
export async function dropped(data: DataTransfer): Promise<File[]> {
  const found = (await filesOf(data)).filter(isWanted);
  if (found.length > MAX_FILES) window.dispatchEvent(new CustomEvent(TOO_MANY));
  return found.slice(0, MAX_FILES);
}
