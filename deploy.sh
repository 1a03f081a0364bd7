#!/bin/sh
# Deploys the bot and its Redis on a Swarm, and later whatever has changed: swarmbot.toml, a token, the image. Always the same command:
#
#   sh deploy.sh              on a manager, or with DOCKER_HOST or a Docker context that leads to one
#   sh deploy.sh secrets      only makes what is missing in the folder `secrets`
#
# Ports, networks and whatever else only this installation has stand in compose.override.yaml, which is deployed with the rest.
#
# A secret and a config of Swarm never change, so their names end with the beginning of their content's SHA-256: whatever changed gets
# a new name, and the services that use it are updated, one replica after the other. docs/install.md has the whole way.
set -eu
cd "$(dirname "$0")"

give_up() {
    echo "deploy.sh: $1" >&2
    exit 1
}

random() {
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# The key that all replicas share, the password of Redis, and the users that Redis knows, which has only the password's hash.
# Nobody can log in as the user `default`, who may do everything all the same: with that user Redis reads its file at the start, and many versions
# leave out every transaction in it that the user may not do (redis/redis issue 14541, valkey-io/valkey issue 3983).
make_secrets() {
    mkdir -p secrets
    chmod 700 secrets
    [ -s secrets/swarmbot_key ] || random >secrets/swarmbot_key
    if [ ! -s secrets/redis_url ]; then
        password=$(random)
        echo "redis://swarmbot:$password@redis:6379/0" >secrets/redis_url
        printf 'user default off ~* &* +@all\nuser swarmbot on #%s ~swarmbot:* +@all -@admin -@dangerous +info\n' \
            "$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)" >secrets/redis_users
    fi
    sed -i 's/^user default off$/user default off ~* \&* +@all/' secrets/redis_users
    # Where Slack posts to the bot, nobody reads the app token; the file names it all the same, and Swarm takes no empty secret.
    if [ -s secrets/slack_signing_secret ] && [ ! -s secrets/slack_app_token ]; then
        echo none >secrets/slack_app_token
    fi
    for token in slack_bot_token slack_app_token; do
        [ -s "secrets/$token" ] || give_up "put Slack's token into the file secrets/$token (README.md, Set-up in Slack)"
    done
}

version() {
    sha256sum "$1" | cut -c 1-12
}

make_secrets
[ "${1:-}" != secrets ] || exit 0
[ -s swarmbot.toml ] || give_up "copy swarmbot.example.toml to swarmbot.toml, and change what is yours"
# SWARMBOT_IMAGE and DOCKER_GID, as docker compose reads them.
if [ -f .env ]; then
    set -a
    . ./.env
    set +a
fi
[ -n "${SWARMBOT_IMAGE:-}" ] || give_up "write SWARMBOT_IMAGE=registry/swarmbot:1 into the file .env: the image that every manager can pull"
[ -n "${DOCKER_GID:-}" ] || give_up "write DOCKER_GID=… into the file .env: on a manager, stat -c %g /var/run/docker.sock"

SWARMBOT_TOML=$(version swarmbot.toml)
REDIS_URL_SECRET=$(version secrets/redis_url)
REDIS_USERS_SECRET=$(version secrets/redis_users)
SLACK_BOT_TOKEN_SECRET=$(version secrets/slack_bot_token)
SLACK_APP_TOKEN_SECRET=$(version secrets/slack_app_token)
SWARMBOT_KEY_SECRET=$(version secrets/swarmbot_key)
if [ -f secrets/slack_signing_secret ]; then
    SLACK_SIGNING_SECRET_SECRET=$(version secrets/slack_signing_secret)
    export SLACK_SIGNING_SECRET_SECRET
fi
export SWARMBOT_IMAGE DOCKER_GID SWARMBOT_TOML REDIS_URL_SECRET REDIS_USERS_SECRET SLACK_BOT_TOKEN_SECRET SLACK_APP_TOKEN_SECRET SWARMBOT_KEY_SECRET
set -- -c compose.yaml
[ ! -f compose.override.yaml ] || set -- "$@" -c compose.override.yaml
# The nodes pull with the login of whoever deploys, where the registry asks for one.
exec docker stack deploy --with-registry-auth "$@" swarmbot
