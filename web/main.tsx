// The console starts here.
import { render } from "preact"
import { App } from "./app.tsx"
import { start } from "./home.ts"
import { followBadge } from "./inbox.ts"
import { listenForShortcuts } from "./shortcuts.ts"
import "./styles/index.css"
import { LANGUAGE, SPOKEN } from "./messages/language.ts"
import { words } from "./messages.ts"
import { notify, theme } from "./state.ts"
import { followKeyboard } from "./viewport.ts"

document.documentElement.lang = SPOKEN[LANGUAGE].tag
theme.subscribe((value) => {
	document.documentElement.dataset.theme = value
})
// A part of the page that loads late is gone when the control plane has been upgraded since.
addEventListener("vite:preloadError", () =>
	notify({ tone: "bad", text: words.pageIsOld, action: { label: words.reload, run: () => location.reload() } }),
)
followKeyboard()
listenForShortcuts()
followBadge()
start()
const app = document.getElementById("app")
if (app === null) throw new Error("invariant: the page has a place for the app")
render(<App />, app)
