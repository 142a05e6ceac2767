/** A component that is made anew only when one of its properties is another one. */
import { type ComponentType, createElement, type FunctionComponent } from 'preact';

interface Asked {
  shouldComponentUpdate?: (next: object) => boolean;
  props: object;
}

export function memo<P extends object>(Part: FunctionComponent<P>): ComponentType<P> {
  return function Memo(this: Asked, props: P) {
    this.shouldComponentUpdate = function (this: Asked, next) {
      const [old, now] = [this.props as Record<string, unknown>, next as Record<string, unknown>];
      return Object.keys(now).some((name) => now[name] !== old[name]);
    };
    return createElement(Part, props);
  } as unknown as ComponentType<P>;
}
