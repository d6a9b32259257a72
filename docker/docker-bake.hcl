# All images. docker/targets.json has what comes from conandata.yml and ci/targets.toml; build-scripts/docker.sh bake
# gives both files and the checksums of the labels:
#
#   build-scripts/docker.sh bake                                the runtime images
#   build-scripts/docker.sh bake all
#   build-scripts/docker.sh bake all-platforms-patched-bookworm --push
#   build-scripts/docker.sh bake --builder NAME all             on a remote builder of BuildKit

variable "REGISTRY" {
  # With the slash at its end; nothing for this machine's own images.
  default = ""
}

# These are in targets.json: the version that is built, its first two numbers, and so on.
variable "VERSION" {
  default = ""
}
variable "MINOR" {
  default = ""
}
variable "RELEASES" {
  default = []
}
variable "PLATFORMS" {
  default = []
}
variable "TOOLCHAINS" {
  default = {}
}

# These are in the environment that docker.sh makes.
variable "SOURCE_SHA256" {
  default = ""
}
variable "PATCHED_SERIES_SHA256" {
  default = ""
}
variable "STOCK_SERIES_SHA256" {
  default = ""
}
# A bundle of certificates, where the network signs anew what comes from outside.
variable "PIP_CERT" {
  default = ""
}

# The build arguments of docker/runtime/Dockerfile.
function "arguments" {
  params = [kind, release]
  result = {
    DEBIAN        = release
    KIND          = kind
    VERSION       = VERSION
    SERIES_SHA256 = kind == "patched" ? PATCHED_SERIES_SHA256 : STOCK_SERIES_SHA256
    SOURCE_SHA256 = SOURCE_SHA256
  }
}

# The names of a runtime image, with the minor version and without.
function "tags" {
  params = [parts]
  result = [
    for name in ["${MINOR}-slim", "slim"] :
    "${REGISTRY}cpython-immortal:${join("-", compact(concat([name], parts)))}"
  ]
}

group "default" {
  targets = ["runtime"]
}

group "all" {
  targets = ["runtime", "toolchain"]
}

target "_runtime" {
  context    = "."
  dockerfile = "docker/runtime/Dockerfile"
  secret     = PIP_CERT == "" ? [] : ["id=ca,src=${PIP_CERT}"]
}

# runtime-patched-bookworm, runtime-stock-trixie-nonroot, ...
target "runtime" {
  inherits = ["_runtime"]
  name     = join("-", compact(["runtime", kind, release, user]))
  matrix = {
    kind    = ["patched", "stock"]
    release = RELEASES
    user    = ["", "nonroot"]
  }
  target = user == "" ? "runtime" : user
  args = arguments(kind, release)
  tags = tags([release, kind == "stock" ? kind : "", user])
}

# One manifest for all platforms: all-platforms-patched-bookworm, ...
target "all-platforms" {
  inherits = ["_runtime"]
  name     = "all-platforms-${kind}-${release}"
  matrix = {
    kind    = ["patched", "stock"]
    release = RELEASES
  }
  target    = "runtime"
  platforms = PLATFORMS
  args = arguments(kind, release)
  tags = tags([release, kind == "stock" ? kind : ""])
}

# toolchain-gcc-cross, toolchain-clang, toolchain-windows
target "toolchain" {
  name = "toolchain-${image}"
  matrix = {
    image = keys(TOOLCHAINS)
  }
  context    = "."
  dockerfile = "docker/toolchain/Dockerfile"
  secret     = PIP_CERT == "" ? [] : ["id=ca,src=${PIP_CERT}"]
  args = {
    IMAGE = image
  }
  labels = {
    "cpython-immortal.targets" = join(" ", TOOLCHAINS[image])
  }
  tags = ["${REGISTRY}cpython-immortal-${image}"]
}
