// The console starts here.
import { render } from "preact"
import { App } from "./app.tsx"
import { start } from "./home.ts"
import { listenForShortcuts } from "./shortcuts.ts"
import "./styles/index.css"
import { theme } from "./state.ts"
import { followKeyboard } from "./viewport.ts"

theme.subscribe((value) => {
	document.documentElement.dataset.theme = value
})
followKeyboard()
listenForShortcuts()
start()
const app = document.getElementById("app")
if (app === null) throw new Error("invariant: the page has a place for the app")
render(<App />, app)
