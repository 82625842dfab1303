// My account: my name, and the ways in which I sign in and am signed in.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { useLocation } from "preact-iso"
import { refusalCode } from "../../../protocol/errors.ts"
import { NAME_CHARS } from "../../../protocol/limits.ts"
import type { Account, Passkey, SignIn } from "../../../protocol/routes/account.ts"
import type { Provider, SignInMethods } from "../../../protocol/routes/sign-in.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { browserName, thisBrowser } from "../../browser-name.ts"
import { saveFile } from "../../download.ts"
import { enter, signOut } from "../../home.ts"
import { words } from "../../messages.ts"
import { SETTINGS } from "../../navigation.ts"
import { passkeyPlace } from "../../passkey-place.ts"
import { attempt } from "../../run.ts"
import { changes, notify } from "../../state.ts"
import { Confirm, NameField } from "../../ui/confirm.tsx"
import { CopyField } from "../../ui/copy-field.tsx"
import { Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Form } from "../../ui/form.tsx"
import { Icon } from "../../ui/icon.tsx"
import { LanguageField } from "../../ui/language.tsx"
import { Once } from "../../ui/once.tsx"
import { PasskeyNote } from "../../ui/passkey-note.tsx"
import { NewPasswordField } from "../../ui/way-back.tsx"
import { EmailField } from "../../ui/ways-in.tsx"
import { When } from "../../ui/when.tsx"
import { Head, open, Part, Row } from "./page.tsx"

export function AccountSettings() {
	const account = useAsked(() => api("showAccount"))
	const methods = useAsked(() => api("listSignInMethods"))
	useRefused()
	return (
		<>
			<Head title={words.account.title} about={words.account.explain} />
			<Here asked={account} rows={6}>
				{(mine) => (
					<>
						<Profile account={mine} />
						<Here asked={methods}>{(on) => <WaysIn account={mine} on={on} />}</Here>
					</>
				)}
			</Here>
			<Part title={words.language}>
				<LanguageField />
			</Part>
			<Browsers />
		</>
	)
}

/** Another provider sends the browser back to here, with the code of what went wrong. */
function useRefused(): void {
	const { query, route } = useLocation()
	useEffect(() => {
		if (query.refused === undefined) return
		route(SETTINGS.account, true)
		notify({ tone: "bad", text: words.refusals[refusalCode(query.refused)] })
	}, [query.refused])
}

function Profile({ account }: { account: Account }) {
	const name = useSignal(account.name)
	const email = useSignal(account.email ?? "")
	const isSame = name.value.trim() === account.name && email.value.trim() === (account.email ?? "")
	const run = async () => {
		const said = email.value.trim()
		await api("updateAccount", { body: { name: name.value.trim(), ...(said !== "" && { email: said }) } })
		changes.value++
		notify({ tone: "good", text: words.saved })
		await enter()
	}
	return (
		<Part title={words.account.profile}>
			<Form submit={words.save} disabled={isSame} run={run}>
				<div class="two-columns">
					<Field
						label={words.account.name}
						required
						maxLength={NAME_CHARS}
						autocomplete="name"
						value={name.value}
						change={(value) => (name.value = value)}
					/>
					<EmailField
						value={email.value}
						hint={account.email === null ? words.account.emailHint : undefined}
						required={account.email !== null}
						change={(value) => (email.value = value)}
					/>
				</div>
			</Form>
		</Part>
	)
}

function WaysIn({ account, on }: { account: Account; on: SignInMethods }) {
	return (
		<>
			<Passkeys isOn={on.passkey} />
			{on.password && (
				<Part
					title={words.account.password}
					about={
						account.email === null
							? words.account.passwordNeedsEmail
							: account.hasPassword
								? words.account.passwordSet
								: words.account.passwordNone
					}
					action={
						<button
							type="button"
							disabled={account.email === null}
							onClick={() => open(() => <SetPassword hasOne={account.hasPassword} />)}
						>
							{account.hasPassword ? words.account.changePassword : words.account.setPassword}
						</button>
					}
				>
					{null}
				</Part>
			)}
			{on.providers.length > 0 && (
				<Part title={words.account.providers}>
					<ul class="rows">
						{on.providers.map((provider) => (
							<ProviderRow key={provider.id} provider={provider} isLinked={account.providers.includes(provider.id)} />
						))}
					</ul>
				</Part>
			)}
			<Part
				title={words.account.recovery}
				about={
					account.email === null ? words.account.recoveryNeedsEmail : words.account.recoveryText(account.recoveryCodes)
				}
				action={
					<button
						type="button"
						disabled={account.email === null}
						onClick={() => open(() => <MakeRecoveryCodes left={account.recoveryCodes} />)}
					>
						{words.account.makeCodes}
					</button>
				}
			>
				{null}
			</Part>
		</>
	)
}

function Passkeys({ isOn }: { isOn: boolean }) {
	const passkeys = useAsked(() => api("listPasskeys"))
	const isHere = isOn && passkeyPlace().is === "here"
	return (
		<Part
			title={words.passkey.title}
			about={words.passkey.explain}
			action={
				<button type="button" disabled={!isHere} onClick={() => open(() => <AddPasskey />)}>
					<Icon name="plus" />
					{words.passkey.add}
				</button>
			}
		>
			{!isHere && <PasskeyNote />}
			<Here asked={passkeys} rows={1}>
				{({ passkeys: mine }) => (
					<ul class="rows">
						{mine.map((passkey) => (
							<PasskeyRow key={passkey.id} passkey={passkey} />
						))}
					</ul>
				)}
			</Here>
		</Part>
	)
}

function PasskeyRow({ passkey: { id, name, createdAt, isBackedUp } }: { passkey: Passkey }) {
	return (
		<Row
			icon="fingerprint"
			name={name}
			about={
				<>
					<When at={createdAt} say={words.made} />
					<span>{isBackedUp ? words.passkey.backedUp : words.passkey.onOneDevice}</span>
				</>
			}
		>
			<button type="button" class="danger" onClick={() => open(() => <RemovePasskey id={id} name={name} />)}>
				{words.removeIt}
			</button>
		</Row>
	)
}

function AddPasskey() {
	const name = useSignal(thisBrowser())
	const run = async () => {
		const { makePasskey } = await import("../../passkeys.ts")
		await makePasskey(name.value.trim())
		changes.value++
	}
	return (
		<Confirm title={words.passkey.add} submit={words.passkey.make} disabled={name.value.trim() === ""} run={run}>
			<NameField label={words.passkey.name} value={name.value} change={(value) => (name.value = value)} />
			<p class="dim">{words.passkey.addText}</p>
		</Confirm>
	)
}

function RemovePasskey({ id, name }: { id: string; name: string }) {
	const run = async () => {
		await api("removePasskey", { params: { passkey: id } })
		changes.value++
	}
	return (
		<Confirm title={words.remove.title(name)} submit={words.passkey.remove} danger run={run}>
			<p>{words.passkey.removeText}</p>
		</Confirm>
	)
}

function SetPassword({ hasOne }: { hasOne: boolean }) {
	const current = useSignal("")
	const password = useSignal("")
	const run = async () => {
		await api("setPassword", { body: { password: password.value, ...(hasOne && { current: current.value }) } })
		changes.value++
		notify({ tone: "good", text: words.account.passwordDone })
	}
	return (
		<Confirm
			title={hasOne ? words.account.changePassword : words.account.setPassword}
			submit={words.save}
			disabled={password.value === "" || (hasOne && current.value === "")}
			run={run}
		>
			{hasOne && (
				<Field
					label={words.account.currentPassword}
					type="password"
					required
					autofocus
					autocomplete="current-password"
					value={current.value}
					change={(value) => (current.value = value)}
				/>
			)}
			<NewPasswordField value={password.value} change={(value) => (password.value = value)} />
			<p class="dim">{words.account.passwordEnds}</p>
		</Confirm>
	)
}

function ProviderRow({ provider: { id: provider, label }, isLinked }: { provider: Provider; isLinked: boolean }) {
	const unlink = async () => {
		if (await attempt(() => api("unlinkProvider", { params: { provider } }))) changes.value++
	}
	const link = () =>
		attempt(async () => {
			location.href = (await api("linkProvider", { params: { provider } })).url
		})
	return (
		<Row icon="log-in" name={label} about={<span>{isLinked ? words.account.linked : words.account.notLinked}</span>}>
			<button type="button" onClick={() => void (isLinked ? unlink() : link())}>
				{isLinked ? words.account.unlink : words.account.link}
			</button>
		</Row>
	)
}

function MakeRecoveryCodes({ left }: { left: number }) {
	const codes = useSignal<string[] | null>(null)
	if (codes.value !== null) {
		const text = codes.value.join("\n")
		return (
			<Once title={words.account.recovery} text={words.account.codesOnce}>
				<CopyField text={text} />
				<button type="button" onClick={() => saveFile("homeport-recovery-codes.txt", `${text}\n`)}>
					<Icon name="download" />
					{words.account.downloadCodes}
				</button>
			</Once>
		)
	}
	const run = async () => {
		codes.value = (await api("makeRecoveryCodes")).codes
		changes.value++
	}
	return (
		<Confirm title={words.account.makeCodes} submit={words.account.makeCodes} staysOpen run={run}>
			<p>{left > 0 ? words.account.codesReplace(left) : words.account.codesAbout}</p>
		</Confirm>
	)
}

function Browsers() {
	const signIns = useAsked(() => api("listSignIns"))
	return (
		<Part title={words.account.browsers} about={words.account.browsersText}>
			<Here asked={signIns}>
				{({ signIns: mine }) => (
					<ul class="rows">
						{mine.map((signIn) => (
							<BrowserRow key={signIn.id} signIn={signIn} />
						))}
					</ul>
				)}
			</Here>
		</Part>
	)
}

function BrowserRow({ signIn: { id, browser, address, seenAt, isThis } }: { signIn: SignIn }) {
	const end = async () => {
		if (isThis) return void attempt(signOut)
		if (await attempt(() => api("endSignIn", { params: { signIn: id } }))) changes.value++
	}
	return (
		<Row
			icon="monitor"
			name={browser === null ? words.account.unknownBrowser : browserName(browser)}
			about={
				<>
					{isThis ? <span>{words.account.thisBrowser}</span> : <When at={seenAt} say={words.account.seen} />}
					{address !== null && <span class="mono">{address}</span>}
				</>
			}
		>
			<button type="button" onClick={() => void end()}>
				{words.signOut}
			</button>
		</Row>
	)
}
