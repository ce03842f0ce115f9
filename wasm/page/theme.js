// The dark theme and the light one for projectors, remembered for this tab.

const key = "tabletop-theme";

export function currentTheme() {
  return document.documentElement.dataset.theme;
}

// applyTheme sets the theme remembered, or the one given.
export function applyTheme(name = remembered()) {
  document.documentElement.dataset.theme = name;
  try {
    sessionStorage.setItem(key, name);
  } catch {
    // storage can be forbidden: the theme then lasts until the page is left
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(key) === "light" ? "light" : "dark";
  } catch {
    return "dark";
  }
}
