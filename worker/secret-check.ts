// Whether a provider takes a key: asked in a way that costs nothing, of the one provider whose mark the key bears.

export interface Checked {
	/** Null: nobody can be asked, or nobody answered. */
	isValid: boolean | null
	/** For a person; never holds the value. */
	said: string
}

interface Provider {
	label: string
	/** What its keys look like, whole: no key is shown to somebody whose it does not look like. */
	shape: RegExp
	/** Variables that must hold it, where others' keys look the same. */
	variables?: readonly string[]
	/** A fixed address that reads and changes nothing. */
	url: string
	headers: (value: string) => Record<string, string>
	/** The statuses by which it says that the key is wrong, and not that the key may not do this. */
	wrong: readonly number[]
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

/** Sources: each provider's own reference of its API. The order matters: the first shape that fits. */
const PROVIDERS: readonly Provider[] = [
	{
		label: "Anthropic",
		shape: /^sk-ant-api[\w-]{20,}$/,
		url: "https://api.anthropic.com/v1/models?limit=1",
		headers: (value) => ({ "x-api-key": value, "anthropic-version": "2023-06-01" }),
		wrong: [401],
	},
	{
		label: "OpenRouter",
		shape: /^sk-or-[\w-]{20,}$/,
		// Its list of models asks for no key.
		url: "https://openrouter.ai/api/v1/key",
		headers: bearer,
		wrong: [401],
	},
	{
		label: "OpenAI",
		shape: /^sk-(?!ant-|or-)[\w-]{20,}$/,
		// Others begin their keys with "sk-" too.
		variables: ["OPENAI_API_KEY", "CODEX_API_KEY"],
		url: "https://api.openai.com/v1/models",
		headers: bearer,
		wrong: [401],
	},
	{
		label: "Google",
		shape: /^AIza[\w-]{35}$/,
		url: "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1",
		headers: (value) => ({ "x-goog-api-key": value }),
		// It calls a key that does not exist an invalid argument.
		wrong: [400, 401],
	},
	{
		label: "GitHub",
		shape: /^(gh[pou]_\w{36,}|github_pat_\w{22,})$/,
		url: "https://api.github.com/user",
		headers: (value) => ({ ...bearer(value), accept: "application/vnd.github+json" }),
		wrong: [401],
	},
]

export async function checkSecret(variable: string, value: string): Promise<Checked> {
	const provider = providerOf(variable, value)
	if (provider === undefined) return { isValid: null, said: "Nobody can be asked about this one." }
	const { label, url, headers, wrong } = provider
	let status: number
	try {
		const response = await fetch(url, {
			headers: { "user-agent": "homeport", ...headers(value) },
			// The key is for this address and no other.
			redirect: "manual",
			signal: AbortSignal.timeout(ANSWER_MS),
		})
		status = response.status
		await response.body?.cancel()
	} catch {
		return { isValid: null, said: `${label} did not answer.` }
	}
	if (status === 200) return { isValid: true, said: `${label} takes it.` }
	if (wrong.includes(status)) return { isValid: false, said: `${label} refuses it.` }
	return { isValid: null, said: `${label} answered ${status}, which tells nothing about the key.` }
}

function providerOf(variable: string, value: string): Provider | undefined {
	return PROVIDERS.find(({ shape, variables }) => shape.test(value) && (variables?.includes(variable) ?? true))
}

/** A person waits for it. */
const ANSWER_MS = 10_000
