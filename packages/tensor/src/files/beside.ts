/** Where a file beside another one is, by its path relative to the other's folder; for an address the path's parts are encoded. */
export function beside(location: string | URL, path: string): string | URL {
  if (location instanceof URL || /^https?:/i.test(location)) return new URL(path.split('/').map(encodeURIComponent).join('/'), location);
  return location.replace(/[^/\\]*$/, '') + path;
}
