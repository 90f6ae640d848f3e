import type { Component } from 'vue'
import type { RouteRecordRaw } from 'vue-router'
import type { Language } from './languages'
import type { Panel, PanelPlace } from './panels'

type LocaleFile = { default: Record<string, unknown> }

/** Where to load texts from, by language. */
export type TextFiles = Readonly<Record<Language, () => Promise<LocaleFile>>>

/** What a feature brings to the application; each exports one from its `routes.ts`. */
export interface FeatureModule {
  name: string
  /**
   * Views by page name. `GET /navigation` decides which of them a person gets, and under which path
   * they stand in the menu. All routes of a page, `/items/:id` for instance, are children of its name.
   */
  pages?: Readonly<Record<string, readonly RouteRecordRaw[]>>
  /** Routes that need no session, such as the login. */
  publicRoutes?: readonly RouteRecordRaw[]
  /** What it adds to pages of other features, which it doesn't know, nor they it. */
  panels?: Readonly<Partial<Record<PanelPlace, Panel>>>
  /**
   * Links to pages, by the page's name, that stand in the header of every page and so not in the menu.
   * They get the page's address as `to`, and have room for a square button.
   */
  headerLinks?: Readonly<Record<string, () => Promise<{ default: Component }>>>
  /**
   * What it keeps up with while someone is signed in, whatever page is open. `start` runs in a scope
   * that ends with the session, and has no texts to use.
   */
  live?: () => Promise<{ start(): void }>
  /**
   * Its texts, all under the one key that is its name. They come with its first page, panel or link
   * in the header, so nothing else may use them.
   */
  locales: TextFiles
  /** Texts of parts of `shared` that it uses, which come together with its own. */
  sharedTexts?: readonly TextFiles[]
}

declare module 'vue-router' {
  interface RouteMeta {
    /** i18n key of the document's title. */
    titleKey?: string
    /** Needs no session. */
    public?: boolean
    /** Makes no sense with a session: whoever has one is led on. */
    guestOnly?: boolean
    /**
     * `narrow`: one column, a card wide, for a public route. `full`: all of the window beside the menu
     * and no more, for a page that scrolls in parts of its own.
     */
    layout?: 'narrow' | 'full'
    /** The page whose grant this route needs; set when it is granted. */
    page?: string
  }
}
