/**
 * Turns the request schemas of an OpenAPI document into Vuelidate rules, as the text of a TypeScript
 * module. The same document gives the same text.
 *
 * @typedef {Record<string, any>} Schema
 * @typedef {{ paths: Record<string, Record<string, any>>, components: { schemas: Record<string, Schema> } }} Contract
 * @typedef {{ name: string, call: string, builders: string[] }} Rule
 */

const REF_PREFIX = '#/components/schemas/'

/** @param {string} ref */
function refName(ref) {
  if (!ref.startsWith(REF_PREFIX)) throw new Error(`Can't follow the reference ${ref}`)
  return ref.slice(REF_PREFIX.length)
}

/**
 * The schema itself, without references and without the "or null" of an optional field.
 *
 * @param {Contract} contract
 * @param {Schema} schema
 * @returns {{ schema: Schema, nullable: boolean }}
 */
function resolve(contract, schema) {
  if (schema.$ref) {
    const { $ref, ...beside } = schema
    const target = contract.components.schemas[refName($ref)]
    if (!target) throw new Error(`The contract has no ${$ref}`)
    return resolve(contract, { ...target, ...beside })
  }
  if (schema.anyOf) {
    const { anyOf, ...beside } = schema
    const others = anyOf.filter((/** @type {Schema} */ one) => one.type !== 'null')
    if (others.length !== 1) return { schema: beside, nullable: others.length < anyOf.length }
    return { ...resolve(contract, { ...others[0], ...beside }), nullable: true }
  }
  return { schema, nullable: false }
}

/** @param {unknown} value */
const json = (value) => JSON.stringify(value)

/**
 * A pattern of the contract as a JavaScript literal; with the `u` flag both sides read it alike.
 *
 * @param {string} source
 */
function regex(source) {
  try {
    return String(new RegExp(source, 'u'))
  } catch (cause) {
    throw new Error(`JavaScript can't read the contract's pattern ${source}`, { cause })
  }
}

/**
 * What the server does to a text before it measures it, as the last argument of a builder.
 *
 * @param {Schema} schema
 */
function preparation(schema) {
  const steps = [
    ...(schema['x-normalize'] ? [quote(schema['x-normalize'])] : []),
    ...(schema['x-strip-whitespace'] ? [quote('strip')] : []),
  ]
  return steps.length ? `, [${steps.join(', ')}]` : ''
}

/**
 * @param {string} name
 * @param {string} args
 * @param {string} [builder]
 * @returns {Rule}
 */
const rule = (name, args, builder = name) => ({
  name,
  call: `${builder}(${args})`,
  builders: [builder],
})

/**
 * The rules of one value, whatever the field around it is.
 *
 * @param {Contract} contract
 * @param {Schema} schema already resolved
 * @returns {Rule[]}
 */
function valueRules(contract, schema) {
  const prepare = preparation(schema)
  const password = schema['x-password-rule']
  const rules = []
  if (password) rules.push(rule('password', literal(password)))
  else {
    if (schema.minLength > 1) rules.push(rule('minLength', `${schema.minLength}${prepare}`))
    if (schema.maxLength !== undefined)
      rules.push(rule('maxLength', `${schema.maxLength}${prepare}`))
  }
  if (schema.pattern) rules.push(rule('pattern', `${regex(schema.pattern)}${prepare}`))
  if (schema.format === 'email') rules.push(rule('email', prepare.replace(', ', '')))
  if (schema.enum) rules.push(rule('oneOf', `[${schema.enum.map(quote).join(', ')}]`))
  if (schema.minimum !== undefined) rules.push(rule('minimum', String(schema.minimum)))
  if (schema.maximum !== undefined) rules.push(rule('maximum', String(schema.maximum)))
  if (schema.minItems !== undefined) rules.push(rule('minItems', String(schema.minItems)))
  if (schema.maxItems !== undefined) rules.push(rule('maxItems', String(schema.maxItems)))
  if (schema.type === 'array' && schema.items) {
    const element = resolve(contract, schema.items).schema
    const inner = fieldRules(contract, element, false)
    if (inner.length) {
      rules.push({
        name: 'each',
        call: `each([${inner.map(({ call }) => call).join(', ')}])`,
        builders: ['each', ...inner.flatMap(({ builders }) => builders)],
      })
    }
  }
  return rules
}

/**
 * The rules of a field: those of its value, after whether it has to be there. A text with a minimum
 * length, or one that is demanded, may not be left blank; that has a message of its own.
 *
 * @param {Contract} contract
 * @param {Schema} schema
 * @param {boolean} demanded
 * @returns {Rule[]}
 */
function fieldRules(contract, schema, demanded) {
  const { schema: value, nullable } = resolve(contract, schema)
  const prepare = preparation(value).replace(', ', '')
  const blankRefused = value.type === 'string' && !value.enum && (demanded || value.minLength > 0)
  const presence = blankRefused
    ? [rule('required', prepare, demanded && !nullable ? 'filled' : 'notBlank')]
    : demanded && !nullable
      ? [rule('required', '')]
      : []
  return [...presence, ...valueRules(contract, value)]
}

/** @param {unknown} value */
const quote = (value) =>
  typeof value === 'string'
    ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    : json(value)

/** @param {Record<string, unknown>} object */
const literal = (object) =>
  `{ ${Object.entries(object)
    .map(([key, value]) => `${key}: ${json(value)}`)
    .join(', ')} }`

/** @param {string} name */
const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name))

/**
 * Names of the schemas that are sent, in order.
 *
 * @param {Contract} contract
 */
function requestSchemas(contract) {
  const names = new Set()
  for (const operations of Object.values(contract.paths)) {
    for (const operation of Object.values(operations)) {
      for (const content of Object.values(operation.requestBody?.content ?? {})) {
        const { schema } = /** @type {{ schema: Schema }} */ (content)
        for (const one of [schema, ...(schema?.anyOf ?? [])]) {
          if (one?.$ref) names.add(refName(one.$ref))
        }
      }
    }
  }
  return [...names].toSorted()
}

/** @param {string} schemaName */
const constantName = (schemaName) => `${schemaName[0]?.toLowerCase()}${schemaName.slice(1)}Rules`

/**
 * @param {Contract} contract
 * @returns {string} the module's text
 */
export function generateRules(contract) {
  const used = new Set()
  const blocks = []
  for (const name of requestSchemas(contract)) {
    const schema = contract.components.schemas[name]
    if (!schema?.properties) continue
    const lines = []
    for (const [field, property] of Object.entries(schema.properties)) {
      const rules = fieldRules(contract, property, schema.required?.includes(field) ?? false)
      if (rules.length === 0) continue
      for (const { builders } of rules) builders.forEach((builder) => used.add(builder))
      lines.push(
        `  ${key(field)}: {`,
        ...rules.map((one) => `    ${one.name}: ${one.call},`),
        '  },',
      )
    }
    blocks.push(
      [`export const ${constantName(name)} = {`, ...lines, '} satisfies SchemaRules'].join('\n'),
    )
  }
  return `${[
    '// Made from contract/openapi.json by scripts/generate-rules.mjs. Do not edit.',
    `import {\n${[...used, 'type SchemaRules']
      .toSorted((a, b) => a.replace('type ', '').localeCompare(b.replace('type ', ''), 'en'))
      .map((builder) => `  ${builder},\n`)
      .join('')}} from '../validation'`,
    ...blocks,
  ].join('\n\n')}\n`
}
