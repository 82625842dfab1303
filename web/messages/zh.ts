// Every word that the console says, in Simplified Chinese.
//
// The same thing has the same word everywhere:
//   session 会话 · machine 机器 · fleet 机群 · workspace 工作区 · member 成员 · role 角色
//   owner 所有者 · maintainer 维护者 · developer 开发者 · guest 访客
//   token 令牌 · secret 机密 · key 密钥 · passkey 通行密钥 · recovery code 恢复代码
//   runtime 运行时 · substrate 运行环境 · host 主机 · sandbox 沙箱 · container 容器 · VM 虚拟机
//   loadout 装机清单 · image 镜像 · snapshot 快照 · agent 智能体 · connector 连接器 · control plane 控制平面
//   request 请求 · inbox 收件箱 · channel 渠道 · policy 策略 · audit trail 审计记录
// Between Chinese and Latin letters stands a space; names of people and things are Latin more often than not.
import type { Words } from "./en.ts"
import { attention } from "./zh/attention.ts"
import { general } from "./zh/general.ts"
import { machines } from "./zh/machines.ts"
import { notifications } from "./zh/notifications.ts"
import { refusals } from "./zh/refusals.ts"
import { sessions } from "./zh/sessions.ts"
import { signIn } from "./zh/sign-in.ts"
import { substrates } from "./zh/substrates.ts"
import { team } from "./zh/team.ts"

export const zh: Words = {
	...general,
	...signIn,
	...team,
	...machines,
	...substrates,
	...sessions,
	...refusals,
	...attention,
	...notifications,
}
