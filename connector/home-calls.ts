// What this machine asks of its home by routes, signed in with its own key; everything else goes over the link.
import { openAsBlob } from "node:fs"
import { client, refusalOf } from "../protocol/client.ts"
import { REFUSALS } from "../protocol/errors.ts"
import type { SessionId, TaskId, UploadId } from "../protocol/ids.ts"
import { FILE_BYTES } from "../protocol/limits.ts"
import { ROUTES, routePath } from "../protocol/routes.ts"
import { type TaskSecrets, Unheard } from "./tasks/ports.ts"

const TOO_LARGE = REFUSALS.too_large.status

/** An attempt, as the home knows it. */
interface Of {
	task: TaskId
	fence: number
}

export class HomeCalls {
	readonly #url: string
	readonly #token: () => Promise<string>

	/** `token`: a new one for each call. */
	constructor(url: string, token: () => Promise<string>) {
		this.#url = url
		this.#token = token
	}

	/** Asks for this session to be begun again, by `restart`, with the secrets that it was given before. */
	async returnSession(session: SessionId): Promise<void> {
		await this.#call("returnSession", { params: { session } })
	}

	taskSecrets({ task, fence }: Of, session: SessionId): Promise<TaskSecrets> {
		return this.#call("taskSecrets", { params: { task }, body: { fence, session } })
	}

	async taskInput({ task, fence }: Of, upload: UploadId): Promise<AsyncIterable<Uint8Array>> {
		const path = `${routePath("taskInput", { task, upload })}?fence=${fence}`
		const response = await this.#fetch(path, { method: ROUTES.taskInput.method })
		if (!response.ok) throw await refusalOf(response)
		return (response.body ?? []) as AsyncIterable<Uint8Array>
	}

	/** Answers whether it is kept there. */
	async keepArtifact({ task, fence }: Of, hash: string, file: string, signal: AbortSignal): Promise<boolean> {
		const path = `${routePath("keepArtifact", { task, hash })}?fence=${fence}`
		const headers = { "content-type": "application/octet-stream" }
		const body = await openAsBlob(file)
		if (body.size > FILE_BYTES) return false
		const response = await this.#fetch(path, { method: ROUTES.keepArtifact.method, headers, body, signal })
		// Said by the home, or by what is before it.
		if (response.status === TOO_LARGE) return false
		if (!response.ok) throw await refusalOf(response)
		return ROUTES.keepArtifact.answer.parse(await response.json()).isKept
	}

	get #call() {
		return client((path, init) => this.#fetch(path, init))
	}

	async #fetch(path: string, init: RequestInit): Promise<Response> {
		const token = await this.#token()
		try {
			return await fetch(this.#url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
		} catch (error) {
			throw new Unheard(`${this.#url} cannot be reached`, { cause: error })
		}
	}
}
