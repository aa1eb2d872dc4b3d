{
  "targets": [
    {
      "target_name": "wirelag",
      "sources": [
        "src/addon.cc",
        "src/bpf_object.cc",
        "src/btf.cc",
        "src/cgroup_path.cc",
        "src/conntrack.cc",
        "src/conntrack_socket.cc",
        "src/conntrack_stats.cc",
        "src/iterator.cc",
        "src/kernel_file.cc",
        "src/libbpf_log.cc",
        "src/namespace_file.cc",
        "src/network_namespace.cc",
        "src/ring.cc",
        "src/tracepoint.cc",
        "src/unix_datagram.cc"
      ],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17"],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-fexceptions"],
      "libraries": ["-lbpf"]
    }
  ]
}
