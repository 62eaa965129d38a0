/* What this device remembers between visits. Where storage is blocked, it remembers until the page is closed. */

const PREFIX = "carewire.display.";
const here = new Map();

export function remember(name, value) {
  here.set(name, value);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Blocked or full: the page works, but pairs again at its next visit.
  }
}

export function recall(name) {
  if (here.has(name)) return here.get(name);
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}
