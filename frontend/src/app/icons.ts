import type { Component } from 'vue'
import IconDefault from '~icons/lucide/circle'
import IconFiles from '~icons/lucide/files'
import IconDashboard from '~icons/lucide/layout-dashboard'
import IconItems from '~icons/lucide/list-todo'
import IconMail from '~icons/lucide/mail'
import IconRooms from '~icons/lucide/messages-square'
import IconAudit from '~icons/lucide/scroll-text'
import IconSystem from '~icons/lucide/server'
import IconSettings from '~icons/lucide/settings'
import IconUsers from '~icons/lucide/users'

/** Icons that the server may name in the navigation: only these are in the bundle. */
const ICONS: Readonly<Record<string, Component>> = {
  files: IconFiles,
  'layout-dashboard': IconDashboard,
  'list-todo': IconItems,
  mail: IconMail,
  'messages-square': IconRooms,
  'scroll-text': IconAudit,
  server: IconSystem,
  settings: IconSettings,
  users: IconUsers,
}

export function navigationIcon(name: string): Component {
  return ICONS[name] ?? IconDefault
}
