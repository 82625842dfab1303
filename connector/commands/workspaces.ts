// `homeport workspaces`: where this command is signed in, and which workspace is meant where none is named.
import { isGood, type Login, pickLogin, readLogins, signedIn, writeLogins } from "../credentials.ts"
import { Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { style, table } from "../output.ts"
import { action, type Context, verb } from "../verb.ts"

export function workspaces() {
	const list = verb("workspaces", {
		summary: "list and choose the workspaces that this command is signed in to",
		examples: [
			["homeport workspaces", "where you are signed in; the current one is marked"],
			["homeport workspaces use Studio", "meant from now on, where --workspace names no other"],
			["homeport ls --workspace Studio", "this once"],
		],
	}).action(
		action(async ({ folder, out }) => {
			const { logins } = await readLogins(folder.credentials)
			const current = pickLogin(await readLogins(folder.credentials), undefined)
			const rows = logins.map(({ url, workspace, home }) => ({
				...workspace,
				url,
				home,
				current: workspace.id === current?.workspace.id,
			}))
			out.result({ workspaces: rows }, ({ workspaces }) =>
				workspaces.length === 0
					? `None. \`${typed("login", "URL")}\` signs in.`
					: table(["", "NAME", "HOME"], workspaces.map(row)),
			)
		}),
	)
	for (const command of [use(), logout()]) list.addCommand(command)
	return list
}

function row({ name, url, current }: { name: string; url: string; current: boolean }): string[] {
	return [current ? "*" : " ", current ? style("bold", name) : name, url]
}

function use() {
	return verb("use", {
		summary: "choose the workspace that is meant where none is named",
		examples: [["homeport workspaces use Studio", "commands mean Studio from now on"]],
	})
		.argument("<name>", "the workspace's name or id")
		.action(
			action<[string], object>(async ({ folder, out }, _options, name) => {
				const saved = await readLogins(folder.credentials)
				const { workspace } = found(pickLogin(saved, name))
				await writeLogins(folder.credentials, { ...saved, current: workspace.id })
				out.result({ current: workspace }, () => "")
			}),
		)
}

/** `homeport logout` is this verb, too. */
export function logout() {
	return verb("logout", {
		summary: "sign this command out: revoke its token and forget it",
		examples: [
			["homeport logout", "out of the current workspace"],
			["homeport logout --workspace Studio", "out of another"],
		],
	}).action(
		action<[], { workspace?: string }>(async (context, { workspace }) => {
			const { folder, out } = context
			const saved = await readLogins(folder.credentials)
			const login = found(pickLogin(saved, workspace))
			await revoke(context, login)
			const logins = saved.logins.filter((other) => other !== login)
			await writeLogins(folder.credentials, { current: logins[0]?.workspace.id ?? "", logins })
			out.result({ left: login.workspace }, ({ left }) => `Signed out of ${left.name}.`)
		}),
	)
}

/** A token that is worth nothing any more need not be revoked. */
async function revoke({ folder }: Context, { url, token }: Login): Promise<void> {
	if (!(await isGood(url, token))) return
	const call = signedIn({ url, token, source: folder.credentials })
	const { tokens } = await call("listTokens")
	const own = tokens.find(({ prefix }) => token.startsWith(prefix))
	if (own !== undefined) await call("revokeToken", { params: { token: own.id } })
}

function found(login: Login | undefined): Login {
	if (login === undefined) throw new Failure("not_signed_in", "Not signed in anywhere.")
	return login
}
