/** Installing: the browser's offer to make an app of the studio, kept until somebody asks. */

interface Offer extends Event {
  prompt(): Promise<unknown>;
}

let offer = $state.raw<Offer | null>(null);

export const installing = {
  get isOffered(): boolean {
    return offer !== null;
  },
  async install(): Promise<void> {
    await offer?.prompt();
    offer = null;
  },
};

window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault(); // nobody is interrupted; the settings have a button
  offer = event as Offer;
});
