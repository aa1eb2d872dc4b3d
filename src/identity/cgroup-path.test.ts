import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCgroupPath, type CgroupIdentity } from './cgroup-path.ts'

const id = '4f1e0c9a8b7d6e5f4f1e0c9a8b7d6e5f4f1e0c9a8b7d6e5f4f1e0c9a8b7d6e5f'
const node = 'a'.repeat(64)
const uid = '0a1b2c3d-1111-2222-3333-444455556666'
const uidInSlice = uid.replaceAll('-', '_')
const hash = '0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d'

type Expected = Partial<CgroupIdentity>

const docker: Expected = { runtime: 'docker', containerId: id }
const podman: Expected = { runtime: 'podman', containerId: id }
const containerd: Expected = { runtime: 'containerd', containerId: id }
const crio: Expected = { runtime: 'cri-o', containerId: id }
const guaranteed = { uid, qosClass: 'guaranteed' } as const
const burstable = { uid, qosClass: 'burstable' } as const
const besteffort = { uid, qosClass: 'besteffort' } as const

const userManager = '/user.slice/user-1000.slice/user@1000.service'
const kubepods = '/kubepods.slice'
const burstableSlice = `${kubepods}/kubepods-burstable.slice/kubepods-burstable-pod${uidInSlice}.slice`
const besteffortSlice = `${kubepods}/kubepods-besteffort.slice/kubepods-besteffort-pod${uidInSlice}.slice`
const kindSlice = `kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod${uidInSlice}.slice`

/** Real shapes, by runtime. */
const vectors: [path: string, expected: Expected][] = [
  // Docker
  [`/docker/${id}`, docker],
  [`/docker/${id}/init.scope`, docker],
  [`/docker/${id} (deleted)`, docker],
  [`/system.slice/docker-${id}.scope`, docker],
  [`/system.slice/docker-${id}.scope/init`, docker],
  [`${userManager}/user.slice/docker-${id}.scope`, { ...docker, unit: 'user@1000.service' }],
  [`${userManager}/app.slice/docker-${id}.scope`, { ...docker, unit: 'user@1000.service' }],
  [`/custom.slice/docker-${id}.scope`, docker],
  [`/custom-parent/${id}`, { containerId: id }],
  [`/docker/${node}/docker/${id}`, docker],
  [`/docker/buildkit/${id}`, { containerId: id }],
  [`/system.slice/docker.service`, { unit: 'docker.service' }],
  [`/system.slice/docker-${'g'.repeat(64)}.scope`, { unit: `docker-${'g'.repeat(64)}.scope` }],
  [`/docker/${id.slice(1)}`, {}],
  // Podman
  [`/libpod_parent/libpod-${id}`, podman],
  [`/machine.slice/libpod-${id}.scope`, podman],
  [`/machine.slice/libpod-${id}.scope/container`, podman],
  [`/machine.slice/machine-libpod_pod_${node}.slice/libpod-${id}.scope/container`, podman],
  [`/machine.slice/machine-libpod_pod_${node}.slice/libpod-${id}.scope`, podman],
  [`${userManager}/user.slice/libpod-${id}.scope/container`, { ...podman, unit: 'user@1000.service' }],
  [
    `${userManager}/user.slice/user-libpod_pod_${node}.slice/libpod-${id}.scope/container`,
    { ...podman, unit: 'user@1000.service' },
  ],
  [`/machine.slice/libpod-conmon-${id}.scope`, { unit: `libpod-conmon-${id}.scope` }],
  [`${userManager}/user.slice/libpod-conmon-${id}.scope`, { unit: `libpod-conmon-${id}.scope` }],
  [`/system.slice/web.service/libpod-payload-${id}`, { containerId: id, unit: 'web.service' }],
  // Kubernetes, cgroupfs driver
  [`/kubepods/burstable/pod${uid}/${id}`, { containerId: id, pod: burstable }],
  [`/kubepods/besteffort/pod${uid}/${id}`, { containerId: id, pod: besteffort }],
  [`/kubepods/pod${uid}/${id}`, { containerId: id, pod: guaranteed }],
  [`/kubepods/pod${uid}`, {}],
  [`/kubepods/burstable/pod${hash}/${id}`, { containerId: id, pod: { uid: hash, qosClass: 'burstable' } }],
  [`/kubepods/burstable/pod${uid}/crio-${id}`, { ...crio, pod: burstable }],
  [`/k8s.io/${id}`, { containerId: id }],
  // Kubernetes, systemd driver
  [`${burstableSlice}/cri-containerd-${id}.scope`, { ...containerd, pod: burstable }],
  [`${besteffortSlice}/cri-containerd-${id}.scope`, { ...containerd, pod: besteffort }],
  [`${kubepods}/kubepods-pod${uidInSlice}.slice/cri-containerd-${id}.scope`, { ...containerd, pod: guaranteed }],
  [`${burstableSlice}/cri-containerd-${id}.scope/app`, { ...containerd, pod: burstable }],
  [`${burstableSlice}/${id}`, { containerId: id, pod: burstable }],
  [`${burstableSlice}/docker-${id}.scope`, { ...docker, pod: burstable }],
  [`${besteffortSlice}/docker-${id}.scope`, { ...docker, pod: besteffort }],
  [`${besteffortSlice}/crio-${id}.scope`, { ...crio, pod: besteffort }],
  [`${besteffortSlice}/crio-${id}.scope/container`, { ...crio, pod: besteffort }],
  [`${kubepods}/kubepods-pod${uidInSlice}.slice/crio-${id}.scope/container`, { ...crio, pod: guaranteed }],
  [`${besteffortSlice}/crio-conmon-${id}.scope`, { unit: `crio-conmon-${id}.scope` }],
  [`/system.slice/crio-conmon-${id}.scope`, { unit: `crio-conmon-${id}.scope` }],
  [`/system.slice/crio-${id}.scope`, crio],
  [
    `${kubepods}/kubepods-burstable.slice/kubepods-burstable-pod${hash}.slice/cri-containerd-${id}.scope`,
    { ...containerd, pod: { uid: hash, qosClass: 'burstable' } },
  ],
  // Kubernetes, where kubelet and containerd do not agree on the driver
  [`/kubepods-burstable-pod${uidInSlice}.slice:cri-containerd:${id}`, { ...containerd, pod: burstable }],
  [
    `/system.slice/containerd.service/kubepods-burstable-pod${uidInSlice}.slice:cri-containerd:${id}`,
    { ...containerd, pod: burstable, unit: 'containerd.service' },
  ],
  [
    `/system.slice/containerd.service/kubepods-pod${uidInSlice}.slice:cri-containerd:${id}`,
    { ...containerd, pod: guaranteed, unit: 'containerd.service' },
  ],
  // kind: a node that is a container itself
  [`/${kindSlice}/cri-containerd-${id}.scope`, { ...containerd, pod: besteffort }],
  [
    `/system.slice/docker-${node}.scope/${kindSlice}/cri-containerd-${id}.scope`,
    { ...containerd, pod: besteffort, unit: `docker-${node}.scope` },
  ],
  [`/docker/${node}/${kindSlice}/cri-containerd-${id}.scope`, { ...containerd, pod: besteffort }],
  [`/docker/${node}/kubelet/kubepods/burstable/pod${uid}/${id}`, { containerId: id, pod: burstable }],
  // containerd without Kubernetes
  ['/default/web', { runtime: 'containerd', containerName: 'web' }],
  [`/system.slice/nerdctl-${id}.scope`, containerd],
  [`/default/${id}`, { containerId: id }],
  // Others
  [`/ecs/0123456789abcdef0123456789abcdef/${id}`, { containerId: id }],
  [`/ecs/${id}`, { runtime: 'ecs', containerId: id }],
  [`/ecstasks.slice/ecstasks-0123456789abcdef.slice/docker-${id}.scope`, docker],
  ['/lxc.payload.web', { runtime: 'lxc', containerName: 'web' }],
  ['/lxc/web', { runtime: 'lxc', containerName: 'web' }],
  ['/lxc.payload.web/system.slice/nginx.service', { runtime: 'lxc', containerName: 'web' }],
  ['/lxc.monitor.web', {}],
  ['/machine.slice/machine-web.scope/payload', { runtime: 'nspawn', containerName: 'web' }],
  [String.raw`/machine.slice/machine-web\x2d1.scope/payload/init.scope`, { runtime: 'nspawn', containerName: 'web-1' }],
  // From inside a cgroup namespace, and none at all
  [`/../${id}`, { containerId: id }],
  ['/../..', {}],
  ['/', {}],
  ['', {}],
  // No container: the unit
  ['/system.slice/nginx.service', { unit: 'nginx.service' }],
  ['/system.slice/system-postgresql.slice/postgresql@15-main.service', { unit: 'postgresql@15-main.service' }],
  ['/user.slice/user-1000.slice/session-3.scope', { unit: 'session-3.scope' }],
  [`${userManager}/app.slice/app-gnome-firefox-1234.scope`, { unit: 'app-gnome-firefox-1234.scope' }],
  [`${userManager}/init.scope`, { unit: 'init.scope' }],
  ['/init.scope', { unit: 'init.scope' }],
  ['/system.slice', {}],
  ['/system.slice/nginx.service/worker', { unit: 'nginx.service' }],
]

const nothing: CgroupIdentity = {
  runtime: undefined,
  containerId: undefined,
  containerName: undefined,
  pod: undefined,
  unit: undefined,
}

for (const [path, expected] of vectors) {
  test(`cgroup path ${path}`, () => {
    assert.deepEqual(parseCgroupPath(path), { ...nothing, ...expected })
  })
}
