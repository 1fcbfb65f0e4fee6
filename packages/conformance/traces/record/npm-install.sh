# npm-install: npm installs native addons into an empty folder with an empty cache. Every install script runs, and what
# can be compiled is (node-gyp, make, g++) instead of a prebuilt binary being taken; then `npm rebuild` does it once more.
# pid_max is Linux's default, and is not reached.
packages='g++ make python3'
pid_max=32768
command='npm install && npm rebuild && npm ls --all'

prepare() {
  cp "$here/npm-install.package.json" package.json
  export npm_config_cache="$work/cache" npm_config_build_from_source=true npm_config_jobs=2
  subject="npm $(npm --version) on node $(node --version): $(node -p 'Object.entries(require("./package.json").dependencies).map((d) => d.join("@")).join(" ")')"
}
