// SPDX-License-Identifier: Apache-2.0
#include "btf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <memory>
#include <string>

#include "libbpf_log.h"

namespace {

struct FreeBtf {
  void operator()(struct btf* btf) const { btf__free(btf); }
};
using BtfPointer = std::unique_ptr<struct btf, FreeBtf>;

}  // namespace

namespace {

/// Parsed once: the kernel's BTF is megabytes, and does not change while it runs, but for modules.
const struct btf* KernelBtf(Napi::Env env) {
  static const BtfPointer kernel_btf = [] {
    LibbpfLog log;
    return BtfPointer(btf__load_vmlinux_btf());
  }();
  if (!kernel_btf) throw ErrnoError(env, "reading the kernel's BTF", ENOENT);
  return kernel_btf.get();
}

}  // namespace

Napi::Value KernelEnum(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const struct btf* btf = KernelBtf(env);
  std::string name = info[0].As<Napi::String>();
  Napi::Object result = Napi::Object::New(env);
  int id = btf__find_by_name_kind(btf, name.c_str(), BTF_KIND_ENUM);
  if (id < 0) return result;
  const struct btf_type* type = btf__type_by_id(btf, static_cast<__u32>(id));
  for (__u32 i = 0; i < btf_vlen(type); i++) {
    const struct btf_enum* value = btf_enum(type) + i;
    result[static_cast<uint32_t>(value->val)] = Napi::String::New(env, btf__name_by_offset(btf, value->name_off));
  }
  return result;
}

Napi::Value KernelHas(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const struct btf* kernel_btf = KernelBtf(env);
  std::string kind = info[0].As<Napi::String>();
  std::string name = info[1].As<Napi::String>();
  __u32 btf_kind = kind == "function"  ? BTF_KIND_FUNC
                   : kind == "typedef" ? BTF_KIND_TYPEDEF
                   : kind == "enum"    ? BTF_KIND_ENUM
                                       : BTF_KIND_STRUCT;
  return Napi::Boolean::New(env, btf__find_by_name_kind(kernel_btf, name.c_str(), btf_kind) > 0);
}

Napi::Value FentryError(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string name = info[0].As<Napi::String>();
  int id = btf__find_by_name_kind(KernelBtf(env), name.c_str(), BTF_KIND_FUNC);
  if (id < 0) return Napi::Number::New(env, -id);
  const struct bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY,
              .attach_btf_id = static_cast<__u32>(id));
  LibbpfLog log;
  int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "wirelag_probe", "GPL", program, std::size(program), &options);
  if (fd < 0) return Napi::Number::New(env, -fd);
  close(fd);
  return Napi::Number::New(env, 0);
}

Napi::Value StructLayout(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = info[0].As<Napi::String>();
  std::string name = info[1].As<Napi::String>();
  LibbpfLog log;
  BtfPointer btf(btf__parse(path.c_str(), nullptr));
  if (!btf) log.fail(env, "reading the BTF of " + path, errno);
  int id = btf__find_by_name_kind(btf.get(), name.c_str(), BTF_KIND_STRUCT);
  if (id < 0) log.fail(env, "finding struct " + name + " in " + path, -id);
  const struct btf_type* type = btf__type_by_id(btf.get(), static_cast<__u32>(id));
  Napi::Array members = Napi::Array::New(env);
  for (__u32 i = 0; i < btf_vlen(type); i++) {
    const struct btf_member* member = btf_members(type) + i;
    Napi::Object entry = Napi::Object::New(env);
    entry["name"] = Napi::String::New(env, btf__name_by_offset(btf.get(), member->name_off));
    entry["offset"] = Napi::Number::New(env, btf_member_bit_offset(type, i) / 8);
    entry["size"] = Napi::Number::New(env, static_cast<double>(btf__resolve_size(btf.get(), member->type)));
    members[i] = entry;
  }
  Napi::Object layout = Napi::Object::New(env);
  layout["size"] = Napi::Number::New(env, type->size);
  layout["members"] = members;
  return layout;
}
