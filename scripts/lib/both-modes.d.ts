import type { Plugin } from 'rolldown';

export function fileOf(id: string): string;
export function bothModes(): Plugin;
