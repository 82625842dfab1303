// The console's screens by address, for whoever is signed in.
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from "preact-iso"
import { Dialogs } from "./dialogs/dialogs.tsx"
import { words } from "./messages.ts"
import { DEVICE, FLEET, HISTORY, INBOX, JOIN, SETTINGS, SIGN_IN } from "./navigation.ts"
import { Fleet } from "./screens/fleet.tsx"
import { Inbox, RequestScreen } from "./screens/inbox.tsx"
import { NoWorkspace } from "./screens/no-workspace.tsx"
import { NotFound } from "./screens/not-found.tsx"
import { SessionScreen } from "./screens/session.tsx"
import { SignIn } from "./screens/sign-in.tsx"
import { me } from "./state.ts"
import { Refused, Skeleton } from "./ui/faces.tsx"
import { Notices } from "./ui/notices.tsx"
import { Shell } from "./ui/shell.tsx"
import { SignInAgain } from "./ui/sign-in-again.tsx"

const Settings = lazy(() => import("./screens/settings/settings.tsx").then((loaded) => loaded.Settings))
const Join = lazy(() => import("./screens/join.tsx").then((loaded) => loaded.Join))
const Device = lazy(() => import("./screens/device.tsx").then((loaded) => loaded.Device))

export function App() {
	return (
		<LocationProvider>
			<ErrorBoundary>
				<Door />
			</ErrorBoundary>
			<Dialogs />
			<SignInAgain />
			<Notices />
		</LocationProvider>
	)
}

function Door() {
	const { path } = useLocation()
	const who = me.value
	if (path === SIGN_IN) return <SignIn />
	if (path === JOIN) return <Join />
	if (who.is === "refused" && who.refusal.code === "not_signed_in") return <SignIn />
	if (who.is === "refused" && who.refusal.code === "not_found") return <NoWorkspace />
	if (who.is === "refused")
		return (
			<Shell title={words.refused}>
				<Refused refusal={who.refusal} />
			</Shell>
		)
	if (who.is === "loading")
		return (
			<Shell title={words.loading}>
				<Skeleton rows={6} />
			</Shell>
		)
	if (path === DEVICE) return <Device />
	return (
		<Router>
			<Route path={FLEET} component={Fleet} />
			<Route path={INBOX} component={Inbox} />
			<Route path={HISTORY} component={Inbox} />
			<Route path={`${INBOX}/:request`} component={RequestScreen} />
			<Route path={`${SETTINGS.index}/:noun?/:thing?/:part?/:item?`} component={Settings} />
			<Route path="/m/:machine/s/:session" component={SessionScreen} />
			<Route default component={NotFound} />
		</Router>
	)
}
