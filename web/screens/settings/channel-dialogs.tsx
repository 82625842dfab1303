// Connecting a bot by what its service gave for it, signing one in by a QR code, and making a chat with one mine.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { type Channel, ChannelCredentials, type ChannelKind } from "../../../protocol/channel.ts"
import { never } from "../../../protocol/errors.ts"
import type { Answer } from "../../../protocol/routes.ts"
import { api, load, sentence } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { changes, LOADING, type Loaded, machines, now } from "../../state.ts"
import { Confirm } from "../../ui/confirm.tsx"
import { CopyField } from "../../ui/copy-field.tsx"
import { Refused, Skeleton } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Icon } from "../../ui/icon.tsx"
import { closeDialog, Modal } from "../../ui/modal.tsx"
import { QrCode } from "../../ui/qr-code.tsx"
import { open } from "./page.tsx"

interface Given {
	token: string
	appId: string
	appSecret: string
	aesKey: string
	machine: string
}

export function ConnectChannel({ kind }: { kind: ChannelKind }) {
	const listed = machines.value.is === "loaded" ? machines.value.value : []
	const given = useSignal<Given>({ token: "", appId: "", appSecret: "", aesKey: "", machine: listed[0]?.id ?? "" })
	const made = useSignal<Channel | null>(null)
	const change = (part: Partial<Given>) => {
		given.value = { ...given.value, ...part }
	}
	const credentials = ChannelCredentials.safeParse({ is: kind, ...trimmed(given.value) })
	const { name } = words.channels.kinds[kind]
	if (made.value !== null && made.value.url !== null)
		return (
			<Modal title={words.channels.urlTitle} size="wide" onSubmit={closeDialog}>
				<div class="modal-body">
					<p>{words.channels.url}</p>
					<CopyField text={made.value.url} />
				</div>
				<footer class="modal-foot">
					<button type="submit" class="primary">
						{words.copiedIt}
					</button>
				</footer>
			</Modal>
		)
	const run = async () => {
		if (!credentials.success) return
		const { channel } = await api("connectChannel", { body: { credentials: credentials.data } })
		given.value = { token: "", appId: "", appSecret: "", aesKey: "", machine: "" }
		changes.value++
		if (channel.url !== null) made.value = channel
		else if (channel.state.is === "signed-out") open(() => <SignInChannel channel={channel} />)
		else open(() => <PairChat channel={channel} />)
	}
	return (
		<Confirm
			title={words.channels.connectTitle(name)}
			submit={words.channels.connect}
			size="wide"
			staysOpen
			disabled={!credentials.success}
			run={run}
		>
			<FieldsOf kind={kind} given={given.value} change={change} />
		</Confirm>
	)
}

interface FieldsProps {
	kind: ChannelKind
	given: Given
	change: (part: Partial<Given>) => void
}

function FieldsOf({ kind, given, change }: FieldsProps) {
	switch (kind) {
		case "telegram":
			return (
				<>
					<p>{words.channels.telegramHow}</p>
					{location.protocol !== "https:" && <p class="note">{words.channels.needsTls}</p>}
					<Field
						label={words.channels.telegramToken}
						hint={words.channels.sealed}
						type="password"
						autocomplete="off"
						class="mono"
						required
						autofocus
						value={given.token}
						change={(token) => change({ token })}
					/>
				</>
			)
		case "weixin":
			return (
				<>
					<p>{words.channels.weixinHow}</p>
					<label class="field">
						{words.channels.weixinMachine}
						<select value={given.machine} onChange={({ currentTarget }) => change({ machine: currentTarget.value })}>
							{machines.value.is === "loaded" &&
								machines.value.value.map(({ id, name }) => (
									<option key={id} value={id}>
										{name}
									</option>
								))}
						</select>
					</label>
				</>
			)
		case "wecom":
			return (
				<>
					<p>{words.channels.wecomHow}</p>
					<Called given={given} change={change} isFirst />
				</>
			)
		case "official":
			return (
				<>
					<p>{words.channels.officialHow}</p>
					<Field
						label={words.channels.appId}
						isCode
						required
						autofocus
						value={given.appId}
						change={(appId) => change({ appId })}
					/>
					<Field
						label={words.channels.appSecret}
						type="password"
						class="mono"
						required
						value={given.appSecret}
						change={(appSecret) => change({ appSecret })}
					/>
					<Called given={given} change={change} />
				</>
			)
		default:
			return never(kind)
	}
}

/** What a service signs and encrypts its calls with. */
function Called({ given, change, isFirst = false }: Omit<FieldsProps, "kind"> & { isFirst?: boolean }) {
	return (
		<>
			<Field
				label={words.channels.token}
				hint={words.channels.tokenHint}
				type="password"
				class="mono"
				required
				autofocus={isFirst}
				value={given.token}
				change={(token) => change({ token })}
			/>
			<Field
				label={words.channels.aesKey}
				hint={words.channels.aesKeyHint}
				type="password"
				class="mono"
				required
				value={given.aesKey}
				change={(aesKey) => change({ aesKey })}
			/>
			<p class="dim">{words.channels.sealed}</p>
		</>
	)
}

function trimmed(given: Given): Given {
	return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value.trim()])) as unknown as Given
}

/** How long after an answer it is asked how far the person has got. */
const ASK_MS = 2_000

export function SignInChannel({ channel: { id } }: { channel: Channel }) {
	const step = useSignal<Answer<"signInChannel"> | null>(null)
	const problem = useSignal("")
	const code = useSignal("")
	const tries = useSignal(0)
	const ask = async (verifyCode?: string) => {
		problem.value = ""
		try {
			step.value = await api("signInChannel", {
				params: { channel: id },
				body: verifyCode === undefined ? {} : { verifyCode },
			})
			if (step.value.is === "done") changes.value++
			if (step.value.is === "verify" && verifyCode !== undefined) problem.value = words.channels.signInWrong
		} catch (error) {
			problem.value = sentence(error)
		}
		tries.value++
	}
	const at = step.value
	const waits = problem.value === "" && (at === null || at.is === "scan" || at.is === "scanned")
	useEffect(() => {
		if (!waits) return
		const timer = setTimeout(() => void ask(), at === null ? 0 : ASK_MS)
		return () => clearTimeout(timer)
	}, [waits, tries.value])
	const submit = () => {
		if (at?.is === "done") return closeDialog()
		if (at?.is === "verify") void ask(code.value.trim())
		else if (problem.value !== "") void ask()
	}
	return (
		<Modal title={words.channels.signInTitle} onSubmit={submit}>
			<div class="modal-body centred">
				{at === null && problem.value === "" && <Skeleton rows={3} />}
				{at?.is === "scan" && (
					<>
						<QrCode text={at.url} about={words.channels.signInTitle} />
						<p role="status">{at.expiresAt <= now.value ? words.channels.signInExpired : words.channels.signInScan}</p>
					</>
				)}
				{at?.is === "scanned" && (
					<p class="waiting" role="status">
						<span class="pulse" aria-hidden="true" />
						{words.channels.signInScanned}
					</p>
				)}
				{at?.is === "verify" && (
					<Field
						label={words.channels.signInCode}
						hint={words.channels.signInVerify}
						inputMode="numeric"
						maxLength={16}
						required
						autofocus
						value={code.value}
						change={(typed) => (code.value = typed)}
					/>
				)}
				{at?.is === "done" && (
					<p class="waiting" role="status">
						<Icon name="circle-check" />
						{words.channels.signInDone(at.name)}
					</p>
				)}
				{problem.value !== "" && (
					<p class="problem" role="alert">
						{problem.value}
					</p>
				)}
			</div>
			<footer class="modal-foot">
				{at?.is !== "done" && (
					<button type="button" onClick={closeDialog}>
						{words.cancel}
					</button>
				)}
				{(at?.is === "done" || at?.is === "verify" || problem.value !== "") && (
					<button type="submit" class="primary">
						{at?.is === "done" ? words.close : at?.is === "verify" ? words.inbox.send : words.retry}
					</button>
				)}
			</footer>
		</Modal>
	)
}

/** How often it is asked whether the message has come, beside the feed. */
const PAIRED_MS = 3_000

export function PairChat({ channel: { id, name } }: { channel: Channel }) {
	const code = useSignal<Loaded<Answer<"pairChat">>>(LOADING)
	const make = async () => {
		code.value = LOADING
		code.value = await load(api("pairChat", { params: { channel: id } }))
	}
	useEffect(() => void make(), [])
	const places = useAsked(() => api("listDestinations"), { everyMs: PAIRED_MS })
	const here =
		places.answer.is === "loaded"
			? places.answer.value.destinations.filter(({ channel, fault }) => channel === id && fault?.isFinal !== true)
			: null
	/** Those that there were before; null while that is not known. */
	const before = useSignal<string[] | null>(null)
	if (here !== null) before.value ??= here.map((place) => place.id)
	const paired = here?.find((place) => before.value?.includes(place.id) === false)
	useEffect(() => {
		if (paired !== undefined) changes.value++
	}, [paired?.id])
	return (
		<Modal title={words.channels.pairTitle(name)} onSubmit={closeDialog}>
			<div class="modal-body">
				{paired === undefined && <PairCode code={code.value} name={name} renew={() => void make()} />}
				<p class="waiting" role="status">
					{paired === undefined ? (
						<>
							<span class="pulse" aria-hidden="true" />
							{words.channels.pairWaiting}
						</>
					) : (
						<>
							<Icon name="circle-check" />
							<strong>{words.channels.paired(paired.name)}</strong>
						</>
					)}
				</p>
			</div>
			<footer class="modal-foot">
				<button type="submit" class={paired === undefined ? "" : "primary"}>
					{paired === undefined ? words.close : words.enroll.done}
				</button>
			</footer>
		</Modal>
	)
}

interface PairCodeProps {
	code: Loaded<Answer<"pairChat">>
	name: string
	renew: () => void
}

function PairCode({ code, name, renew }: PairCodeProps) {
	if (code.is === "loading") return <Skeleton rows={3} />
	if (code.is === "refused") return <Refused refusal={code.refusal} retry={renew} />
	const left = code.value.expiresAt - now.value
	const { url } = code.value
	return (
		<>
			<p>{words.channels.pairText}</p>
			<CopyField text={words.channels.pairCommand(code.value.code)} />
			{url !== null && (
				<div class="pair-url">
					<a class="button primary" href={url} target="_blank" rel="noreferrer">
						<Icon name="external-link" />
						{words.channels.pairOpen(name)}
					</a>
					<div class="wide-only centred">
						<QrCode text={url} about={name} />
						<p class="dim">{words.channels.pairScan}</p>
					</div>
				</div>
			)}
			<p class="dim">
				{left > 0 ? words.channels.pairExpires(left) : words.channels.pairExpired}{" "}
				{left <= 0 && (
					<button type="button" onClick={renew}>
						{words.channels.newCode}
					</button>
				)}
			</p>
		</>
	)
}
