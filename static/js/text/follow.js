/** A scrolling box that follows its end, until someone scrolls up or presses its button; it counts what they have not seen. */

const NEAR_PX = 24;

export class Follow {
  constructor({ box, button, words = ["Following", "Paused"] }) {
    Object.assign(this, { box, button, words });
    this.isOn = true;
    this.unseen = 0;
    button.addEventListener("click", () => this.set(!this.isOn));
    box.addEventListener("scroll", () => this.scrolled());
    this.label();
  }

  set(isOn) {
    this.isOn = isOn;
    this.label();
    if (isOn) this.toEnd();
  }

  /** Tells that `count` new things stand at the end. */
  grew(count) {
    if (this.isOn) this.toEnd();
    else this.unseen += count;
    this.label();
  }

  toEnd() {
    this.unseen = 0;
    this.box.scrollTop = this.box.scrollHeight;
    this.label();
  }

  scrolled() {
    const isNear = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR_PX;
    if (isNear && !this.isOn) this.set(true);
    else if (!isNear && this.isOn && this.box.scrollTop < this.lastTop) this.set(false);
    this.lastTop = this.box.scrollTop;
  }

  label() {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    const text = this.isOn ? this.words[0] : this.unseen ? `${this.words[1]} · ${this.unseen} new` : this.words[1];
    if (this.button.textContent !== text) this.button.textContent = text;
  }
}
