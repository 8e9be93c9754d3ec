# docker buildx bake --file docker/docker-bake.hcl [cuda|cpu|all], from the repository's root.
# Each variable is read from the environment: MODEL_NAME=Qwen/Qwen3-8B BASE_PATH=/models docker buildx bake …

variable "REPOSITORY" {
  default = "dragoman/worker"
}

variable "VERSION" {
  default = "0.1.0"
}

# What is built unless a target is named. Docker itself would look for an image of that name.
variable "VARIANT" {
  default = "cuda"
  validation {
    condition     = contains(["cuda", "cpu"], VARIANT)
    error_message = "VARIANT is neither cuda nor cpu."
  }
}

# The model that is baked into the image; none unless it is named.
variable "MODEL_NAME" {
  default = ""
}

variable "MODEL_REVISION" {
  default = ""
}

variable "TOKENIZER_NAME" {
  default = ""
}

variable "TOKENIZER_REVISION" {
  default = ""
}

variable "QUANTIZATION" {
  default = ""
}

variable "BASE_PATH" {
  default = "/runpod-volume"
}

variable "WORKER_CUDA_VERSION" {
  default = ""
}

group "default" {
  targets = [VARIANT]
}

group "all" {
  targets = ["cuda", "cpu"]
}

target "worker" {
  context    = "."
  dockerfile = "docker/Dockerfile"
  target     = "worker"
  platforms  = ["linux/amd64"]
  secret     = ["type=env,id=HF_TOKEN,env=HF_TOKEN"]
  args = {
    VERSION             = VERSION
    MODEL_NAME          = MODEL_NAME
    MODEL_REVISION      = MODEL_REVISION
    TOKENIZER_NAME      = TOKENIZER_NAME
    TOKENIZER_REVISION  = TOKENIZER_REVISION
    QUANTIZATION        = QUANTIZATION
    BASE_PATH           = BASE_PATH
    WORKER_CUDA_VERSION = WORKER_CUDA_VERSION
  }
}

target "cuda" {
  inherits = ["worker"]
  args = {
    VARIANT = "cuda"
  }
  tags = ["${REPOSITORY}:${VERSION}"]
}

target "cpu" {
  inherits = ["worker"]
  args = {
    VARIANT = "cpu"
  }
  tags = ["${REPOSITORY}:${VERSION}-cpu"]
}
