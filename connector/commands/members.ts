// `homeport members`: people of the workspace, their roles, and links that invite more.
import { ROLES, type Role } from "../../protocol/roles.ts"
import type { Member } from "../../protocol/routes/workspace.ts"
import { Failure } from "../exit.ts"
import { pickMember } from "../lookup.ts"
import { ago, style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

export function members() {
	const list = verb("members", {
		summary: "list, invite, promote and remove people",
		description:
			"A guest watches; a developer works; a maintainer manages machines and secrets; an owner manages people.",
		examples: [
			["homeport members", "who is here, and as what"],
			["homeport members invite --role developer", "a link, good once and for seven days"],
			["homeport members role ada@home.example maintainer", "another role"],
			["homeport members rm ada@home.example", "their tokens here stop at once"],
		],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result(await call("listMembers"), ({ members }) =>
				table(["NAME", "ADDRESS", "ROLE", "JOINED"], members.map(row)),
			)
		}),
	)
	for (const command of [invite(), role(), remove()]) list.addCommand(command)
	return list
}

function row({ name, email, role, joinedAt }: Member): string[] {
	return [style("bold", name), email ?? "-", role, ago(Date.now() - joinedAt)]
}

function invite() {
	return verb("invite", {
		summary: "make an invitation link",
		examples: [["homeport members invite --role guest --email ada@home.example", "for that address only"]],
	})
		.option("--role <role>", `one of ${ROLES.join(", ")}`, "developer")
		.option("--email <address>", "whom it is for (default: whoever has the link)")
		.action(
			action<[], { role: string; email?: string }>(async ({ out, signIn }, { role, email }) => {
				const { call } = await signIn()
				const body = { role: roleOf(role), ...(email !== undefined && { email }) }
				const made = await call("createInvitation", { body })
				if (!out.json) out.note(`This link makes a ${role}. It is shown once, works once, and for seven days.`)
				out.result(made, ({ url }) => url)
			}),
		)
}

function role() {
	return verb("role", {
		summary: "give a member another role",
		examples: [["homeport members role ada@home.example owner", "a workspace may have many owners"]],
	})
		.argument("<member>", "the member's address, name or id")
		.argument("<role>", `one of ${ROLES.join(", ")}`)
		.action(
			action<[string, string], object>(async ({ out, signIn }, _options, wanted, role) => {
				const { call } = await signIn()
				const { id } = pickMember((await call("listMembers")).members, wanted)
				await call("changeMember", { params: { member: id }, body: { role: roleOf(role) } })
				out.result({ member: id, role }, () => "")
			}),
		)
}

function remove() {
	return verb("rm", {
		summary: "remove a member",
		examples: [["homeport members rm ada@home.example", "their tokens here stop at once"]],
	})
		.argument("<member>", "the member's address, name or id")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, wanted) => {
				const { call } = await signIn()
				const { id } = pickMember((await call("listMembers")).members, wanted)
				await call("removeMember", { params: { member: id } })
				out.result({ removed: id }, () => "")
			}),
		)
}

function roleOf(text: string): Role {
	const role = ROLES.find((role) => role === text)
	if (role === undefined) throw new Failure("usage", `There is no role "${text}". It is one of ${ROLES.join(", ")}.`)
	return role
}
