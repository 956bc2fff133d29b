@echo off
setlocal
set "root=%~dp0.."
if not exist "%root%\out\main\cli.js" (
  echo dt-swarm: it is not built yet: in %root% run: npm ci ^&^& npm run build 1>&2
  exit /b 1
)
set "node=node"
node -e "const [a, b] = process.versions.node.split('.').map(Number); process.exit(a > 22 || (a === 22 && b >= 15) ? 0 : 1)" 2>nul
if errorlevel 1 set "node=%root%\node_modules\node\bin\node.exe"
"%node%" --disable-warning=ExperimentalWarning "%root%\out\main\cli.js" %*
exit /b %errorlevel%
