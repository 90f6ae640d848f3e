// Starts Swagger UI on /api/docs; a file of its own, because the CSP allows no inline script.
window.SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  // Else the page would show the description to a validator on the internet.
  validatorUrl: null,
})
