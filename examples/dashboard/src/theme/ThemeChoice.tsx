import { useState } from "react";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** Light, dark, or what the system says; kept in this browser. */
export function ThemeChoice() {
  const [chosen, choose] = useState<Theme>(
    () => THEMES.find((theme) => theme === document.documentElement.dataset["theme"]) ?? "system",
  );

  function apply(theme: Theme) {
    choose(theme);
    if (theme === "system") {
      delete document.documentElement.dataset["theme"];
      localStorage.removeItem("theme");
    } else {
      document.documentElement.dataset["theme"] = theme;
      localStorage.setItem("theme", theme);
    }
  }

  return (
    <fieldset className="segments">
      <legend className="unseen">Theme</legend>
      {THEMES.map((theme) => (
        <label key={theme}>
          <input type="radio" name="theme" checked={theme === chosen} onChange={() => apply(theme)} />
          <span>{theme}</span>
        </label>
      ))}
    </fieldset>
  );
}
