// The console's screens by address, for whoever is signed in.
import { LocationProvider, Route, Router, useLocation } from "preact-iso"
import { Dialogs } from "./dialogs/dialogs.tsx"
import { words } from "./messages.ts"
import { FLEET, SIGN_IN, TOKENS } from "./navigation.ts"
import { Fleet } from "./screens/fleet.tsx"
import { NotFound } from "./screens/not-found.tsx"
import { SessionScreen } from "./screens/session.tsx"
import { SignIn } from "./screens/sign-in.tsx"
import { Tokens } from "./screens/tokens.tsx"
import { me } from "./state.ts"
import { Refused, Skeleton } from "./ui/faces.tsx"
import { Notices } from "./ui/notices.tsx"
import { Shell } from "./ui/shell.tsx"

export function App() {
	return (
		<LocationProvider>
			<Door />
			<Notices />
		</LocationProvider>
	)
}

function Door() {
	const { path } = useLocation()
	const who = me.value
	if (path === SIGN_IN) return <SignIn />
	if (who.is === "refused" && who.refusal.code === "not_signed_in") return <SignIn />
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
	return (
		<>
			<Router>
				<Route path={FLEET} component={Fleet} />
				<Route path={TOKENS} component={Tokens} />
				<Route path="/m/:machine/s/:session" component={SessionScreen} />
				<Route default component={NotFound} />
			</Router>
			<Dialogs />
		</>
	)
}
