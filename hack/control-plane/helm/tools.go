//go:build tools

// Package tools pins helm, in a module of its own: helm and kubernetes want different versions of the same libraries.
package tools

import _ "helm.sh/helm/v4/cmd/helm"
